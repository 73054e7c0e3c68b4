// Comfort only, like huifa.js: the palette, keyboard shortcuts, parts of pages that are
// exchanged without a reload, finding in a table and choosing its columns.
"use strict";

(() => {
  const { make, store, enhance, enhancers } = window.huifa;
  const SETTINGS = "huifa-settings";
  const settings = () => store.read(SETTINGS) ?? {};
  const set = (name, value) => store.write(SETTINGS, { ...settings(), [name]: value });

  // One place from which a screen reader hears what changed.
  const voice = make("div", "", { class: "unseen", role: "status", "aria-live": "polite" });
  document.body.append(voice);
  const say = (words) => { voice.textContent = words; };

  // What people search for is sent, and answered with the way to the list that was asked for;
  // anything else that leads elsewhere is no page to put in.
  const page = async (url, body) => {
    const answer = await fetch(url, { method: body ? "POST" : "GET", body, headers: { Accept: "text/html" } });
    const there = body ? new URL(answer.url).pathname === body.get("list") : !answer.redirected;
    if (!answer.ok || !there) throw new Error("not a page to put in");
    return { fresh: new DOMParser().parseFromString(await answer.text(), "text/html"), at: answer.url };
  };

  // A search form or the way to the next page exchanges the main part only. Whatever
  // goes wrong, the browser goes there in the ordinary way.
  let turn = 0;
  const show = async (url, push, form, submitter) => {
    const mine = ++turn;
    const main = document.querySelector("main");
    const focus = main.contains(document.activeElement) ? document.activeElement.id : "";
    main.setAttribute("aria-busy", "true");
    try {
      const { fresh, at } = await page(url, form && new URLSearchParams(new FormData(form, submitter)));
      if (mine !== turn) return;
      const content = fresh.querySelector("main");
      if (!content) throw new Error("a page without a main part");
      main.replaceChildren(...document.importNode(content, true).childNodes);
      main.removeAttribute("aria-busy");
      document.title = fresh.title;
      if (push) {
        if (!history.state?.part) history.replaceState({ part: true }, "");
        history.pushState({ part: true }, "", at);
      }
      enhance(main);
      (focus && document.getElementById(focus) || main).focus({ preventScroll: !push });
      const rows = main.querySelectorAll("table tbody tr").length;
      say(main.querySelector(".pager .muted")?.textContent ?? (rows ? `${rows}行` : main.querySelector(".empty-title")?.textContent ?? ""));
    } catch {
      if (mine !== turn) return;
      if (form) form.submit();
      else location.assign(url);
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("main form.filters") || event.defaultPrevented) return;
    if (form.method === "post" && form.getAttribute("action") !== "/search") return;
    event.preventDefault();
    if (form.method === "post") {
      show(form.action, true, form, event.submitter);
      return;
    }
    const url = new URL(form.action);
    const typed = new FormData(form, event.submitter);
    url.search = new URLSearchParams([...typed].filter(([, value]) => value !== "")).toString();
    show(url.href, true);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("main .pager a, main a.part");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || event.defaultPrevented) return;
    event.preventDefault();
    show(link.href, true).then(() => document.querySelector("main").scrollIntoView());
  });
  window.addEventListener("popstate", (event) => { if (event.state?.part) show(location.href, false); });

  // Over a table whose rows are all there: find in it, and choose its columns.
  enhancers.push((root) => root.querySelectorAll("[data-tools]").forEach((tools) => {
    const table = tools.nextElementSibling?.querySelector("table");
    if (!table?.tBodies[0] || tools.childElementCount) return;
    tools.classList.add("on");
    const rows = [...table.tBodies[0].rows];
    const label = make("label", "在本页中找 ", { class: "small" });
    const box = make("input", "", { type: "search", autocomplete: "off" });
    label.append(box);
    const count = make("span", `${rows.length}行`, { class: "muted small num", role: "status" });
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
      const left = rows.filter((row) => !row.hidden).length;
      count.textContent = wanted ? `${left} / ${rows.length}行` : `${rows.length}行`;
    });
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    tools.append(count, label);
    const name = tools.dataset.columns;
    if (!name) return;
    const hidden = new Set(settings()[`columns-${name}`] ?? []);
    const heads = [...table.tHead.rows[0].cells];
    const apply = () => [...table.rows].forEach((row) => [...row.cells].forEach((cell, place) => {
      cell.hidden = place > 0 && hidden.has(heads[place]?.textContent.trim());
    }));
    const choice = make("details", "", { class: "columns-choice" });
    const list = make("div");
    heads.slice(1).forEach((head) => {
      const words = head.textContent.trim();
      if (!words) return;
      const row = make("label", "", { class: "choice" });
      const tick = make("input", "", { type: "checkbox" });
      tick.checked = !hidden.has(words);
      tick.addEventListener("change", () => {
        tick.checked ? hidden.delete(words) : hidden.add(words);
        set(`columns-${name}`, [...hidden]);
        apply();
      });
      row.append(tick, words);
      list.append(row);
    });
    choice.append(make("summary", "选择列"), list);
    tools.append(choice);
    apply();
  }));

  // Ticking all rows of a list at once.
  enhancers.push((root) => root.querySelectorAll("[data-tick-all]").forEach((all) => {
    all.hidden = false;
    const form = all.closest("form");
    const boxes = () => [...form.querySelectorAll("tbody input[type=checkbox]")].filter((box) => !box.closest("tr").hidden);
    const tell = () => {
      const ticked = boxes().filter((box) => box.checked).length;
      form.querySelectorAll("[data-ticked]").forEach((place) => { place.textContent = ticked ? `已勾选${ticked}项` : ""; });
    };
    all.addEventListener("click", () => {
      const wanted = boxes().some((box) => !box.checked);
      boxes().forEach((box) => { box.checked = wanted; });
      tell();
    });
    form.addEventListener("change", tell);
  }));

  // A word in passing: what could not be done, at the foot of the window.
  const toast = (words) => {
    document.querySelectorAll(".toast").forEach((old) => old.remove());
    const box = make("div", "", { class: "toast", role: "alert" });
    const close = make("button", "知道了", { type: "button", class: "small" });
    close.addEventListener("click", () => box.remove());
    box.append(make("strong", "没有办理"), make("span", words), close);
    document.body.append(box);
  };

  // The roster's grid: a name is dragged to an empty day, or onto another name to change places.
  const move = async (form, take, place) => {
    form.elements.take.value = take;
    form.elements.place.value = place;
    const main = document.querySelector("main");
    const grid = main.querySelector(".matrix-wrap");
    const [left, top] = [grid.scrollLeft, grid.scrollTop];
    main.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) {
        toast([...fresh.querySelectorAll("main p")].map((one) => one.textContent.trim()).join("") || fresh.title);
        return;
      }
      const content = fresh.querySelector("main");
      if (!content?.querySelector(".matrix-wrap")) { location.assign(answer.url); return; }
      main.replaceChildren(...document.importNode(content, true).childNodes);
      document.querySelectorAll(".toast, body > .shell .page > .flash").forEach((old) => old.remove());
      const flash = fresh.querySelector(".flash");
      if (flash) {
        const note = make("div", flash.textContent.trim(), { class: "toast toast-done", role: "status" });
        document.body.append(note);
        setTimeout(() => note.remove(), 6000);
      }
      enhance(main);
      const again = main.querySelector(".matrix-wrap");
      again.scrollLeft = left;
      again.scrollTop = top;
    } catch {
      toast("连不上系统，没有改动。请稍后再试。");
    } finally {
      main.removeAttribute("aria-busy");
    }
  };
  enhancers.push((root) => {
    const form = root.querySelector("form[data-move]");
    const grid = root.querySelector(".matrix");
    if (!form || !grid) return;
    let taken = null;
    grid.querySelectorAll("td[data-take]").forEach((cell) => {
      cell.draggable = true;
      cell.querySelectorAll("a").forEach((link) => { link.draggable = false; });
    });
    const place = (event) => {
      const cell = event.target.closest?.("td[data-place]");
      return taken && cell && cell !== taken ? cell : null;
    };
    const mark = (cell) => {
      grid.querySelectorAll(".over").forEach((old) => { if (old !== cell) old.classList.remove("over"); });
      cell?.classList.add("over");
    };
    grid.addEventListener("dragstart", (event) => {
      taken = event.target.closest?.("td[data-take]");
      if (!taken) return;
      event.dataTransfer.setData("text/plain", taken.textContent.trim());
      event.dataTransfer.effectAllowed = "move";
      grid.classList.add("moving");
    });
    grid.addEventListener("dragover", (event) => {
      const cell = place(event);
      mark(cell);
      if (cell) event.preventDefault();
    });
    grid.addEventListener("drop", (event) => {
      const cell = place(event);
      if (!cell) return;
      event.preventDefault();
      move(form, taken.dataset.take, cell.dataset.place);
    });
    grid.addEventListener("dragend", () => { taken = null; mark(null); grid.classList.remove("moving"); });
  });

  // The palette: the page of finding in a dialog.
  const dialogs = typeof HTMLDialogElement !== "undefined";
  let palette;
  const openPalette = () => {
    if (palette?.open) return;
    palette = make("dialog", "", { class: "palette", "aria-label": "查找" });
    const box = make("input", "", {
      type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
      "aria-label": "查找页面、人员和编号", placeholder: "页面、姓名、编号，或拼音首字母", autocomplete: "off", maxlength: "40",
    });
    const list = make("div", "", { role: "listbox", id: "palette-list", "aria-label": "查找结果" });
    const foot = make("p", "", { class: "palette-foot" });
    foot.append("↑↓选择", make("span", "Enter打开"), make("span", "Esc关闭"), make("span", "?全部快捷键"));
    palette.append(box, list, foot);
    document.body.append(palette);
    let options = [];
    let chosen = -1;
    const choose = (place) => {
      chosen = options.length ? (place + options.length) % options.length : -1;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
      if (chosen < 0) { box.removeAttribute("aria-activedescendant"); return; }
      box.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen].scrollIntoView({ block: "nearest" });
    };
    const draw = (found) => {
      options = [];
      list.replaceChildren(...[...found.querySelectorAll("section")].map((section, at) => {
        const group = make("div", "", { role: "group", "aria-labelledby": `palette-group-${at}` });
        group.append(make("span", section.dataset.group, { id: `palette-group-${at}` }));
        section.querySelectorAll("li").forEach((line) => {
          const link = line.querySelector("a");
          const option = make("div", link.textContent, { role: "option", id: `palette-${options.length}`, "data-href": link.getAttribute("href") });
          const detail = line.querySelector("span")?.textContent;
          if (detail) option.append(make("small", detail));
          options.push(option);
          group.append(option);
        });
        return group;
      }));
      if (!options.length) list.append(make("p", "没有找到，换一个词试试", { class: "palette-foot" }));
      choose(0);
      say(`${options.length}项`);
    };
    let timer = 0;
    let asked = "";
    const search = async () => {
      const q = box.value.trim();
      asked = q;
      try {
        const of = (name) => document.querySelector(`input[name=${name}]`)?.value ?? "";
        const body = new URLSearchParams({ list: "/find", q, token: of("token"), once: of("once") });
        const found = (await page("/search", body)).fresh.querySelector("#found");
        if (asked === q && found) draw(found);
      } catch {
        location.assign("/find");
      }
    };
    box.addEventListener("input", (event) => { clearTimeout(timer); if (!event.isComposing) timer = setTimeout(search, 120); });
    box.addEventListener("compositionend", () => { clearTimeout(timer); timer = setTimeout(search, 120); });
    palette.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown") choose(chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen - 1);
      else if (event.key === "Enter" && options[chosen]) location.assign(options[chosen].dataset.href);
      // A search box would only empty itself.
      else if (event.key === "Escape") palette.close();
      else return;
      event.preventDefault();
    });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.assign(option.dataset.href);
    });
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
    const back = document.activeElement;
    palette.addEventListener("close", () => { palette.remove(); back?.focus?.(); });
    palette.showModal();
    box.focus();
    search();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-palette]");
    if (!link || !dialogs || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPalette();
  });

  // Shortcuts of a single key can be switched off (WCAG 2.1.4); Ctrl+K stays.
  const single = () => settings().keys !== "off";
  const help = () => {
    const dialog = make("dialog", "", { class: "wide", "aria-labelledby": "keys-title" });
    const list = make("dl", "", { class: "keys-list" });
    const row = (keys, words) => {
      const pair = make("div");
      const key = make("dd");
      keys.split(" ").forEach((one) => key.append(make("kbd", one), " "));
      pair.append(make("dt", words), key);
      list.append(pair);
    };
    row("Ctrl K", "查找页面、人员、编号");
    row("/", "到本页的查询框");
    row("n", "新建、登记");
    row("[ ]", "上个月、下个月");
    row("j k", "下一行、上一行");
    row("x", "勾选这一行");
    row("Ctrl Enter", "提交正在填写的表单");
    row("?", "本列表");
    document.querySelectorAll(".rail a[data-key]").forEach((link) => row(`g ${link.dataset.key}`, link.firstChild.textContent.trim()));
    const label = make("label", "", { class: "choice" });
    const tick = make("input", "", { type: "checkbox" });
    tick.checked = single();
    tick.addEventListener("change", () => set("keys", tick.checked ? "on" : "off"));
    label.append(tick, "使用单键快捷键（只保存在本机）");
    const close = make("button", "关闭", { type: "button" });
    close.addEventListener("click", () => dialog.close());
    const foot = make("div", "", { class: "submit" });
    foot.append(close);
    dialog.append(make("h2", "键盘快捷键", { id: "keys-title" }), list, label, foot);
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
    close.focus();
  };

  const writes = (element) =>
    element.isContentEditable || ["SELECT", "TEXTAREA"].includes(element.tagName)
    || (element.tagName === "INPUT" && !["checkbox", "radio", "submit", "button"].includes(element.type));
  const step = (by) => {
    const links = [...document.querySelectorAll("main tbody th a, main .todos li a:first-of-type, main .found a")].filter((link) => link.offsetParent);
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))].focus();
  };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (dialogs && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k" && document.querySelector("a[data-palette]")) {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !single() || writes(event.target) || document.querySelector("dialog[open]")) return;
    if (going && Date.now() - going < 1500) {
      going = 0;
      const link = [...document.querySelectorAll(".rail a[data-key]")].find((one) => one.dataset.key === event.key);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    const press = (css) => { const one = document.querySelector(css); if (one) one.click(); return Boolean(one); };
    const moves = {
      g: () => { going = Date.now(); return true; },
      n: () => press("main .page-head a.primary, main a[accesskey=n]"),
      "[": () => press(".month-bar a[rel=prev]"),
      "]": () => press(".month-bar a[rel=next]"),
      "/": () => {
        const box = document.querySelector("main .filters input[type=search], main .filters input[type=text], main .table-tools input");
        box ? box.focus() : dialogs && document.querySelector("a[data-palette]") && openPalette();
        return true;
      },
      j: () => { step(1); return true; },
      k: () => { step(-1); return true; },
      x: () => {
        const tick = document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
        tick?.click();
        return Boolean(tick);
      },
      "?": () => { if (dialogs) help(); return dialogs; },
    };
    if (Object.hasOwn?.(moves, event.key) ?? event.key in moves) {
      if (moves[event.key]()) event.preventDefault();
    }
  });

  // These parts were not there when huifa.js went over the page.
  enhancers.slice(-3).forEach((one) => one(document));
})();
