// The server, as the app speaks to it: every request is signed by the person's device key (docs/app-api.md).

import { CompactSign } from "../vendor/jose/jws/compact/sign.js";
import { portal } from "./link.js";

const JOSE = "application/jose";
const ROOT = "/api/app/v1/";
const LONGEST_ANSWER_MS = 20_000;
const encoder = new TextEncoder();
let nextNonce = null;

export class Problem extends Error {
  constructor(code, { detail = "", pausedUntil = null, invalid = {} } = {}) {
    super(code);
    this.code = code;
    this.detail = detail;
    this.pausedUntil = pausedUntil ? new Date(pausedUntil) : null;
    this.invalid = invalid;
  }
}

export async function newKeys() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
  ]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { privateKey, jwk: { kty, crv, x, y } };
}

function signed(payload, header, privateKey) {
  return new CompactSign(encoder.encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: "ES256", ...header })
    .sign(privateKey);
}

async function reach(address, options) {
  try {
    return await fetch(address, {
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
      ...options,
    });
  } catch {
    throw new Problem("offline");
  }
}

function keepNonce(response) {
  nextNonce = response.headers.get("Replay-Nonce");
}

async function nonce() {
  if (!nextNonce) {
    keepNonce(await reach(`${ROOT}nonce`, {}));
  }
  const taken = nextNonce;
  nextNonce = null;
  if (!taken) {
    throw new Problem("unavailable");
  }
  return taken;
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem(said.code ?? (response.status >= 500 ? "unavailable" : "malformed"), {
    detail: said.detail,
    pausedUntil: said.paused_until,
    invalid: said.invalid,
  });
}

// `who` is {kid} of a person's app, or {jwk} of one that is being set up.
async function ask(path, payload, { who, privateKey }, isSecondTry = false) {
  const url = `${portal}${ROOT}${path}`; // what is signed; what is asked is the server that the page came from
  const body = await signed(payload, { ...who, nonce: await nonce(), url }, privateKey);
  const response = await reach(ROOT + path, {
    method: "POST",
    body,
    headers: { "Content-Type": JOSE, "Accept-Language": document.documentElement.lang },
  });
  keepNonce(response);
  if (response.ok) {
    return response.status === 204 ? null : response.json();
  }
  const problem = await problemOf(response);
  if (problem.code === "bad_nonce" && !isSecondTry) {
    return ask(path, payload, { who, privateKey }, true); // it had grown too old in our hands (RFC 8555 section 6.5)
  }
  throw problem;
}

// An app that is being set up.
export class Enrolment {
  constructor(keys) {
    this.signer = { who: { jwk: keys.jwk }, privateKey: keys.privateKey };
  }

  async begin({ userId, firstCode, installationId, platform }) {
    const begun = await ask(
      "enrolments",
      { user_id: userId, installation_id: installationId, platform, ...firstCode },
      this.signer,
    );
    this.id = begun.enrolment_id;
  }

  complete({ temporaryPin, pin }) {
    return ask(`enrolments/${this.id}/completion`, { temporary_pin: temporaryPin, pin }, this.signer);
  }
}

// One person's app. The session lives here, in memory, and ends with the page.
export class PersonsApp {
  constructor(person) {
    this.person = person;
    this.signer = { who: { kid: person.appId }, privateKey: person.privateKey };
    this.session = null;
    this.whenSessionEnds = () => {};
  }

  ask(path, payload = {}) {
    return ask(path, payload, this.signer);
  }

  async inSession(path, payload = {}) {
    try {
      return await this.ask(path, { session: this.session, ...payload });
    } catch (problem) {
      if (problem.code === "session_ended") {
        this.session = null;
        this.whenSessionEnds(problem);
      }
      throw problem;
    }
  }

  async logIn(pin) {
    const opened = await this.ask("sessions", { pin });
    this.session = opened.session;
  }

  logOut() {
    const session = this.session;
    this.session = null;
    return session ? this.ask("sessions/end", { session }).catch(() => null) : Promise.resolve(null);
  }

  bind(binding) {
    return this.ask("requests/bind", binding);
  }

  // What is signed is what the screen shows, word for word (APR-6).
  async decide(request, { isApproved, pin, binding }) {
    const approval = await signed(
      {
        request_id: request.id,
        reference_text: request.reference_text,
        asks: request.asks,
        level: request.level,
        decision: isApproved ? "approve" : "reject",
        at: new Date().toISOString(),
        nonce: request.nonce,
      },
      { kid: this.person.appId, typ: "approval+jws" },
      this.person.privateKey,
    );
    const payload = { is_approved: isApproved, approval, ...binding };
    return this.ask(`requests/${request.id}/decision`, isApproved ? { ...payload, pin } : payload);
  }
}

export function platform() {
  const told = navigator.userAgent;
  if (/android/i.test(told)) {
    return "android";
  }
  if (/iphone|ipad|ipod/i.test(told)) {
    return "iphone";
  }
  return /windows|macintosh|x11|linux/i.test(told) ? "computer" : "other";
}
