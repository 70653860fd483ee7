/** Addresses below /m/: every screen can be linked to, and going back returns to where one was. */
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { page: "today"; day: -1 | 0 | 1 }
  | { page: "map"; day: -1 | 0 | 1 }
  | { page: "task"; id: number }
  | { page: "messages" }
  | { page: "thread"; id: number }
  | { page: "customers" }
  | { page: "customer"; id: number }
  | { page: "me" }
  | { page: "points" }
  | { page: "install" }
  | { page: "unsent" };

export function parse(path: string): Route {
  const [first, second] = path.replace(/^\/m\/?/, "").split("/");
  const id = Number(second);
  if (first === "tasks" && id > 0) return { page: "task", id };
  if (first === "messages") return id > 0 ? { page: "thread", id } : { page: "messages" };
  if (first === "customers") return id > 0 ? { page: "customer", id } : { page: "customers" };
  if (first === "me" || first === "points" || first === "install") return { page: first };
  if (first === "unsent") return { page: "unsent" };
  if (first === "map") return { page: "map", day: dayIn(second) };
  return { page: "today", day: dayIn(first) };
}

function dayIn(word: string | undefined): -1 | 0 | 1 {
  return word === "yesterday" ? -1 : word === "tomorrow" ? 1 : 0;
}

let depth = 0;

export function go(path: string, how: "push" | "replace" = "push"): void {
  const state = { depth: how === "push" ? ++depth : depth };
  if (how === "push") history.pushState(state, "", path);
  else history.replaceState(state, "", path);
  dispatchEvent(new Event("field:moved"));
}

/** Back to where one came from inside the app, or to a sensible place when one came by a link. */
export function back(otherwise: string): void {
  if (depth > 0) history.back();
  else go(otherwise, "replace");
}

export function useRoute(): Route {
  const [path, move] = useState(location.pathname);
  useEffect(() => {
    const scrolls = new Map<string, number>();
    let shown = location.pathname;
    const moved = (event: Event): void => {
      if (event instanceof PopStateEvent) depth = (event.state as { depth?: number } | null)?.depth ?? 0;
      scrolls.set(shown, scrollY);
      shown = location.pathname;
      move(shown);
      const top = event instanceof PopStateEvent ? (scrolls.get(shown) ?? 0) : 0;
      requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, top)));
    };
    const clicked = (event: MouseEvent): void => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      const link = (event.target as Element | null)?.closest?.("a");
      if (!link || link.target || link.origin !== location.origin || !link.pathname.startsWith("/m/")) return;
      event.preventDefault();
      if (link.pathname !== location.pathname) go(link.pathname);
    };
    history.scrollRestoration = "manual";
    addEventListener("popstate", moved);
    addEventListener("field:moved", moved);
    document.addEventListener("click", clicked);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener("field:moved", moved);
      document.removeEventListener("click", clicked);
    };
  }, []);
  return parse(path);
}
