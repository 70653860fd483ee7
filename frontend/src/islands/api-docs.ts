import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "../styles/api.css";

type Operation = { tags?: string[] };
type Components = Record<string, Record<string, unknown>>;
type ApiDocument = {
  paths: Record<string, Record<string, Operation>>;
  tags: { name: string }[];
  components: Components;
};

// The viewer loses operations when it is given some hundreds at once, so it gets those of one part at a time.
function partOf(api: ApiDocument, part: string): ApiDocument {
  const paths: ApiDocument["paths"] = {};
  for (const [path, operations] of Object.entries(api.paths)) {
    // What is no operation, such as the parameters that all of them share, has no tags and stays.
    const own = Object.entries(operations).filter(([, one]) => !one.tags || one.tags.includes(part));
    if (own.some(([, one]) => one.tags)) paths[path] = Object.fromEntries(own);
  }
  const tags = api.tags.filter((tag) => tag.name === part);
  return { ...api, paths, tags, components: componentsOf(api.components, paths) };
}

// Those that the paths mention, and what they mention themselves: the viewer works through all that it is given.
function componentsOf(all: Components, paths: ApiDocument["paths"]): Components {
  const { securitySchemes = {} } = all;
  const found: Components = { securitySchemes };
  const look = (value: unknown): void => {
    if (typeof value === "string") keep(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
  };
  const keep = (words: string): void => {
    const [, kind, name] = /^#\/components\/(\w+)\/([^/]+)$/.exec(words) ?? [];
    if (kind === undefined || name === undefined) return;
    const one = all[kind]?.[name];
    const ofItsKind = (found[kind] ??= {});
    if (one === undefined || name in ofItsKind) return;
    ofItsKind[name] = one;
    look(one);
  };
  look(paths);
  return found;
}

// The viewer has colours for the night of its own, behind a class that only its own switch would set.
function followTheNight(): void {
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = (): void => void document.documentElement.classList.toggle("dark-mode", night.matches);
  night.addEventListener("change", follow);
  follow();
}

async function show(place: HTMLElement, address: string, part: string): Promise<void> {
  const api: ApiDocument = await (await fetch(address)).json();
  SwaggerUI({
    domNode: place,
    spec: partOf(api, part),
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    // Else each visit would tell the document's address to a validator on the internet.
    validatorUrl: null,
  });
}

const place = document.querySelector<HTMLElement>("#api-docs");

followTheNight();
document.querySelector(".api-parts [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
if (place?.dataset["document"]) void show(place, place.dataset["document"], place.dataset["part"] ?? "");
