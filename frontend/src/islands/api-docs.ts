import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

type Operation = { tags?: string[] };
type ApiDocument = { paths: Record<string, Record<string, Operation>>; tags: { name: string }[] };

// The viewer loses operations when it is given some hundreds at once, so it gets those of one part at a time.
function partOf(api: ApiDocument, part: string): ApiDocument {
  const paths: ApiDocument["paths"] = {};
  for (const [path, operations] of Object.entries(api.paths)) {
    // What is no operation, such as the parameters that all of them share, has no tags and stays.
    const own = Object.entries(operations).filter(([, one]) => !one.tags || one.tags.includes(part));
    if (own.some(([, one]) => one.tags)) paths[path] = Object.fromEntries(own);
  }
  return { ...api, paths, tags: api.tags.filter((tag) => tag.name === part) };
}

function linksTo(parts: string[], here: string): HTMLElement {
  const links = document.createElement("nav");
  links.setAttribute("aria-label", "Parts of the API");
  for (const part of parts) {
    const link = document.createElement("a");
    link.href = `?part=${encodeURIComponent(part)}`;
    link.textContent = part;
    if (part === here) link.setAttribute("aria-current", "page");
    links.append(link, " ");
  }
  return links;
}

async function show(place: HTMLElement, address: string): Promise<void> {
  const api: ApiDocument = await (await fetch(address)).json();
  const parts = api.tags.map((tag) => tag.name);
  const here = new URLSearchParams(location.search).get("part") ?? parts[0] ?? "";
  place.before(linksTo(parts, here));
  SwaggerUI({
    domNode: place,
    spec: partOf(api, here),
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    // Else each visit would tell the document's address to a validator on the internet.
    validatorUrl: null,
  });
}

const place = document.querySelector<HTMLElement>("#api-docs");

if (place?.dataset.document) void show(place, place.dataset.document);
