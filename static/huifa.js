// Comfort only: every page works without this file. It sorts tables, asks before
// what cannot be undone, keeps half-written forms safe, and saves a double press.
"use strict";

(() => {
  const user = document.documentElement.dataset.user || "";
  const PREFIX = "huifa-draft:";
  const KEEP_MS = 24 * 60 * 60 * 1000;
  const RESEND_MS = 20 * 1000;

  /** Makes an element with text and attributes. */
  const make = (name, text = "", attributes = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // Storage may be full, forbidden or absent: drafts are then simply not kept.
  const store = {
    read(key) {
      try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
    },
    write(key, value) {
      try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* nothing to do */ }
    },
    remove(key) {
      try { localStorage.removeItem(key); } catch { /* nothing to do */ }
    },
    keys() {
      try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; }
    },
  };

  // What is done to a page is done to each part that is put into it later, too.
  const enhancers = [];
  const enhance = (root) => enhancers.forEach((one) => one(root));

  // Tables: a header with data-sort="text" or "number" becomes a button.
  const sortable = (head) => {
    const button = make("button", head.textContent.trim(), { type: "button", class: "sort" });
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const body = head.closest("table").tBodies[0];
      const place = head.cellIndex;
      const up = head.getAttribute("aria-sort") !== "ascending";
      const key = (row) => {
        const cell = row.cells[place];
        const text = cell?.dataset.value ?? cell?.textContent.trim() ?? "";
        return head.dataset.sort === "number" ? Number(text.replace("−", "-").replace(/[^\d.-]/g, "")) || 0 : text;
      };
      const order = (one, other) =>
        head.dataset.sort === "number" ? key(one) - key(other) : key(one).localeCompare(key(other), "zh-CN");
      const rows = [...body.rows].sort((one, other) => (up ? order(one, other) : order(other, one)));
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      body.append(...rows);
    });
  };
  enhancers.push((root) => root.querySelectorAll("th[data-sort]").forEach(sortable));

  // A button with data-confirm asks first.
  const ask = (words, yes, whenYes) => {
    if (typeof HTMLDialogElement === "undefined") {
      if (window.confirm(words)) whenYes();
      return;
    }
    const dialog = make("dialog", "", { "aria-labelledby": "ask-words" });
    const row = make("div", "", { class: "submit" });
    const go = make("button", yes, { type: "button", class: "danger" });
    const stay = make("button", "返回", { type: "button" });
    row.append(go, stay);
    dialog.append(make("p", words, { id: "ask-words" }), row);
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    stay.addEventListener("click", () => dialog.close());
    go.addEventListener("click", () => { dialog.close(); whenYes(); });
    dialog.showModal();
    stay.focus();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-confirm]");
    if (!button || button.dataset.confirmed) return;
    event.preventDefault();
    ask(button.dataset.confirm, button.textContent.trim(), () => {
      button.dataset.confirmed = "yes";
      button.form ? button.form.requestSubmit(button) : button.click();
      delete button.dataset.confirmed;
    });
  });

  // Ctrl+Enter sends the form in which one writes.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.form;
    if (form?.method !== "post") return;
    event.preventDefault();
    const button = form.querySelector("button.primary") ?? form.querySelector("button:not([type=button])");
    button ? button.click() : form.requestSubmit();
  });

  // <form data-enter-moves>: Enter goes on to the next field, as clerks expect; in a
  // field beside a button with data-look-up it looks up first.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const form = field.form;
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || !form?.hasAttribute("data-enter-moves")) return;
    if (!["INPUT", "SELECT"].includes(field.tagName) || ["submit", "button"].includes(field.type)) return;
    event.preventDefault();
    const finder = field.parentNode.querySelector("button[data-look-up]");
    if (finder && field.value.trim() && field.value !== field.defaultValue) { finder.click(); return; }
    const open = [...form.elements].filter((other) =>
      other.name !== field.name && other.type !== "hidden" && other.offsetParent && !other.disabled && other.tagName !== "FIELDSET"
      && !("lookUp" in other.dataset) && field.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
    const next = open[0];
    const chosen = next?.type === "radio" ? open.find((other) => other.name === next.name && other.checked) : undefined;
    (chosen ?? next)?.focus();
  });

  // A second press within a short time is not sent. The key in the form makes it
  // harmless in any case, and the way opens again should the answer never come.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(() => free(form), RESEND_MS);
  });
  const free = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  };
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));

  // Half-written forms: <form id="…" data-draft="…" data-seal="…">. The server keeps them,
  // sealed. Only while it cannot be reached, or once the session has ended, this computer
  // does, sealed under a key that only the pages of this account carry: at most a day, until
  // the form is accepted or the person signs out. Passwords, hidden fields, files and fields
  // marked data-private are never kept here.
  const kept = (form) => [...form.elements].filter((field) =>
    field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type) && !("private" in field.dataset));
  const typed = (form) => kept(form).map((field) =>
    [field.name, field.type === "checkbox" || field.type === "radio" ? [field.value, field.checked] : field.value]);
  const restore = (form, values) => kept(form).forEach((field, place) => {
    const [name, value] = values[place] ?? [];
    if (name !== field.name) return;
    if (Array.isArray(value)) field.checked = value[1] && value[0] === field.value;
    else field.value = value;
  });
  // AES-GCM; what was sealed for one place opens in no other.
  const coder = async (secret, place) => {
    const bytes = Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    const way = (iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) });
    return {
      async seal(values) {
        const iv = crypto.getRandomValues(new Uint8Array(12));
        const plain = new TextEncoder().encode(JSON.stringify(values));
        const sealed = await crypto.subtle.encrypt(way(iv), key, plain);
        return { iv: [...iv], sealed: [...new Uint8Array(sealed)] };
      },
      async open(draft) {
        const plain = await crypto.subtle.decrypt(way(Uint8Array.from(draft.iv)), key, Uint8Array.from(draft.sealed));
        return JSON.parse(new TextDecoder().decode(plain));
      },
    };
  };
  // What this tab sent last; the next page tells whether it was accepted.
  const SENT = "huifa-sent";
  const tab = {
    take() {
      try { const key = sessionStorage.getItem(SENT); sessionStorage.removeItem(SENT); return key; } catch { return null; }
    },
    put(key) {
      try { sessionStorage.setItem(SENT, key); } catch { /* nothing to do */ }
    },
  };
  const now = Date.now();
  // A shared computer keeps nothing of one person once another is signed in.
  for (const key of store.keys()) {
    const draft = store.read(key);
    if (!(now - draft?.at < KEEP_MS) || (user && !key.startsWith(`${PREFIX}${user}:`))) store.remove(key);
  }
  const sent = tab.take();
  if (sent && document.querySelector(".flash-success")) store.remove(sent);

  const keepDrafts = async (form) => {
    const place = `${PREFIX}${user}:${location.pathname}:${form.id}`;
    const before = JSON.stringify(typed(form));
    // Browsers seal over TLS and on the machine itself only.
    const closed = await coder(form.dataset.seal, place).catch(() => null);
    const draft = store.read(place);
    // Sealed at every key, so that it is at hand when the form is sent and the page goes.
    let turns = 0;
    let latest = null;
    const reseal = async () => {
      const turn = ++turns;
      const values = typed(form);
      const draft = closed && { at: Date.now(), ...await closed.seal(values) };
      if (turn === turns) latest = { draft, changed: JSON.stringify(values) !== before };
    };
    const values = draft && await closed?.open(draft).catch(() => store.remove(place));
    if (values && JSON.stringify(values) !== before) {
      const when = new Date(draft.at).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });
      const offer = make("div", "", { class: "flash", role: "status" });
      const take = make("button", "恢复", { type: "button", class: "small" });
      const drop = make("button", "不用了", { type: "button", class: "link" });
      offer.append(make("strong", "未提交的内容"), make("span", `本机保存于${when}，当时没有提交成功。`), take, drop);
      take.addEventListener("click", () => { restore(form, values); reseal(); offer.remove(); kept(form)[0]?.focus(); });
      drop.addEventListener("click", () => { store.remove(place); offer.remove(); });
      form.before(offer);
    }
    const keep = () => {
      if (latest?.changed && latest.draft) store.write(place, latest.draft);
      else store.remove(place);
      return Boolean(latest?.draft);
    };
    const say = (words) => form.querySelector("[data-draft-state]")?.replaceChildren(words);
    let timer = 0;
    let sending;
    let whole = false;
    const save = async () => {
      sending = new AbortController();
      whole = true;
      try {
        const answer = await fetch(form.dataset.draft, {
          method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual",
          headers: { Accept: "application/json" }, signal: sending.signal,
        });
        if (answer.status !== 204) throw new Error("not kept");
        store.remove(place);
        say("已自动暂存");
      } catch (error) {
        whole = false;
        if (error.name === "AbortError") return;
        say(keep() ? "暂时连不上系统，已先存在本机" : "暂时连不上系统，还没有存下，请先不要关闭本页");
      }
    };
    form.addEventListener("input", () => { whole = false; reseal(); clearTimeout(timer); timer = setTimeout(save, 1500); });
    form.addEventListener("submit", () => { clearTimeout(timer); sending?.abort(); if (!whole) keep(); tab.put(place); });
  };
  enhancers.push((root) => root.querySelectorAll("form[data-draft][data-seal][id]").forEach(keepDrafts));
  document.querySelectorAll("button[data-forget-drafts]").forEach((button) =>
    button.addEventListener("click", () =>
      store.keys().filter((key) => key.startsWith(`${PREFIX}${user}:`)).forEach(store.remove)));

  // Small things: printing, and the list of errors comes into view.
  enhancers.push((root) => root.querySelectorAll("button[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }));
  // Explanations and column choices close by Escape and by a press elsewhere.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.why[open], details.columns-choice[open]").forEach((box) => {
      box.open = false;
      box.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.why[open], details.columns-choice[open]").forEach((box) => {
      if (!box.contains(event.target)) box.open = false;
    });
  });

  window.huifa = { make, store, ask, enhance, enhancers };
  enhance(document);
  document.querySelector(".error-summary")?.focus();
})();
