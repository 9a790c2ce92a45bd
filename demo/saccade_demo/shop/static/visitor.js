// Who the browser is to Saccade: a cookie of two random ids. The lab may become somebody else.

const COOKIE = "saccade_session";

const id = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Forget this visitor: the cookie, and whatever the tracker keeps on this device. */
export function forget() {
  document.cookie = `${COOKIE}=; path=/; max-age=0; samesite=lax`;
  for (const storage of [localStorage, sessionStorage]) {
    for (const key of Object.keys(storage)) if (key.startsWith("saccade")) storage.removeItem(key);
  }
}

/** Become a visitor nobody has seen; answers the new token. */
export function become() {
  forget();
  const token = `${id()}.${id()}`;
  document.cookie = `${COOKIE}=${token}; path=/; max-age=3600; samesite=lax`;
  return token;
}
