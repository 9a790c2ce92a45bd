// Calls without a header of ours and without cookies, told again while the server does not answer.

import type { Told } from "./telling";

const MOST = 16;
const PAUSES_MS = [2_000, 4_000, 8_000, 16_000];

export class Sending {
  #events: Told[] = [];
  #session = "";
  #busy = false;
  #said = new Set<string>();
  /** Another one begins where consent ends: what waits then is not sent. */
  #era = 0;

  constructor(
    private readonly server: string,
    private readonly site: string,
  ) {}

  /** Events wait until they are acknowledged; the server knows each by its id. */
  events(session: string, told: Told[]): void {
    if (session !== this.#session) this.#events = [];
    this.#session = session;
    this.#events = [...this.#events, ...told].slice(-MOST);
    if (!this.#busy) void this.#flush();
  }

  /** What is said of a decision, once, however often the page is shown. */
  once(route: "exposures" | "outcomes", body: object): void {
    const text = JSON.stringify(body);
    if (this.#said.has(route + text)) return;
    this.#said.add(route + text);
    void this.#post(route, text);
  }

  /** Consent was withdrawn. */
  forget(): void {
    this.#era++;
    this.#events = [];
    this.#said.clear();
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    const told = this.#events;
    const answered = await this.#post("events", JSON.stringify({ session: this.#session, events: told }));
    this.#busy = false;
    if (answered) this.#events = this.#events.filter((one) => !told.includes(one));
    if (answered && this.#events[0]) await this.#flush();
  }

  /** Whether it was taken or refused for good; false where it may be told again later. */
  async #post(route: string, body: string): Promise<boolean> {
    const era = this.#era;
    const address = new URL(`/v1/${route}`, this.server);
    address.searchParams.set("site", this.site);
    for (const pause of [...PAUSES_MS, 0]) {
      const status = await fetch(address.href, {
        method: "POST",
        body,
        credentials: "omit",
        keepalive: true,
      }).then(
        (answer) => answer.status,
        () => 0,
      );
      // what is refused is refused the next time too, unless it came too fast or too early
      if (status && status !== 429 && status < 500) return true;
      if (!pause) return false;
      await new Promise((done) => setTimeout(done, pause));
      if (era !== this.#era) return false;
    }
    return false;
  }
}
