/** Screens that are not needed for the first picture; fetched ahead so that they are there without a network too. */
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { _, loadOtherWords } from "./i18n";
import { Skeleton } from "./parts";

const ahead: (() => Promise<unknown>)[] = [];

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): (props: Props) => JSX.Element {
  let Loaded: ComponentType<Props> | null = null;
  const fetchOnce = async (): Promise<void> => {
    [Loaded] = await Promise.all([Loaded ?? load(), loadOtherWords()]);
  };
  ahead.push(fetchOnce);
  return function Lazy(props: Props): JSX.Element {
    const [state, setState] = useState<"waiting" | "there" | "missing">("waiting");
    useEffect(() => {
      void fetchOnce().then(
        () => setState("there"),
        () => setState("missing"),
      );
    }, []);
    if (Loaded) return <Loaded {...props} />;
    return state === "missing" ? <p class="soft">{_("This page needs a connection once.")}</p> : <Skeleton />;
  };
}

/** One after the other, whenever the phone has a moment: all at once would hold up the first taps on a slow one. */
export async function fetchAhead(): Promise<void> {
  for (const fetchOne of ahead) {
    await aMoment();
    await fetchOne().catch(() => undefined);
  }
}

/** Safari knows no idle moments. */
function aMoment(): Promise<unknown> {
  return new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
}
