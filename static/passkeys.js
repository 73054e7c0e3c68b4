// Passkeys: asks the device, puts its answer into the page's form and sends that. Without
// this file, or on a browser without passkeys, nothing of it shows.
"use strict";

(() => {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const create = async (box) => {
    const given = await navigator.credentials.create({
      publicKey: {
        rp: { id: box.dataset.rp, name: "惠法" },
        user: { id: bytes(box.dataset.user), name: box.dataset.login, displayName: box.dataset.name },
        challenge: bytes(box.dataset.challenge),
        pubKeyCredParams: [-7, -8].map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: box.dataset.known.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        attestation: "none",
        timeout: 240000,
      },
    });
    return { client_data: given.response.clientDataJSON, attestation: given.response.attestationObject };
  };

  const get = async (box) => {
    const answer = await fetch(box.dataset.from, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("no challenge");
    const asked = await answer.json();
    const given = await navigator.credentials.get({
      publicKey: {
        rpId: box.dataset.rp,
        challenge: bytes(asked.challenge),
        allowCredentials: asked.known.map((id) => ({ type: "public-key", id: bytes(id) })),
        userVerification: "required",
        timeout: 240000,
      },
    });
    return {
      credential: given.rawId,
      client_data: given.response.clientDataJSON,
      told: given.response.authenticatorData,
      signed: given.response.signature,
    };
  };

  document.querySelectorAll("[data-passkey]").forEach((box) => {
    if (!window.PublicKeyCredential || location.hostname !== box.dataset.rp) return;
    const button = box.querySelector("button");
    const words = box.querySelector("[role=status]");
    box.hidden = false;
    button.addEventListener("click", async () => {
      words.textContent = "";
      button.disabled = true;
      try {
        const answer = await (box.dataset.passkey === "create" ? create(box) : get(box));
        const form = document.getElementById(box.dataset.form);
        for (const [name, value] of Object.entries(answer)) form.elements[(box.dataset.prefix ?? "") + name].value = hex(value);
        form.requestSubmit();
      } catch (error) {
        words.textContent = error.name === "InvalidStateError"
          ? "这台设备上已经有本账号的通行密钥。"
          : error.name === "NotSupportedError"
          ? "这台设备做不出强度足够的通行密钥，请改用手机或者安全密钥。"
          : "没有完成。可以再试一次，或者用其他方式。";
      } finally {
        button.disabled = false;
      }
    });
  });
})();
