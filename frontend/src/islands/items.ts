/** The checklist editor: add, remove and move items. Numbers in field names are written anew, so order is what one sees. */

const list = document.querySelector<HTMLElement>("[data-items]");
const pattern = document.querySelector<HTMLTemplateElement>("template[data-item]");

function number(): void {
  list?.querySelectorAll<HTMLElement>(":scope > li").forEach((item, index) => {
    item.querySelectorAll<HTMLInputElement>("[name]").forEach((field) => {
      field.name = field.name.replace(/^items-[^-]+-/, `items-${index}-`);
    });
    const words = item.querySelector("[data-number]");
    if (words) words.textContent = String(index + 1);
  });
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("button[data-do]");
  if (!button || !list) return;
  event.preventDefault();
  const item = button.closest("li");
  switch (button.dataset["do"]) {
    case "add":
      if (pattern) list.append(document.importNode(pattern.content, true));
      list.lastElementChild?.querySelector<HTMLElement>("input, textarea")?.focus();
      break;
    case "remove":
      item?.remove();
      break;
    case "up":
      item?.previousElementSibling?.before(item);
      button.focus();
      break;
    case "down":
      item?.nextElementSibling?.after(item);
      button.focus();
      break;
  }
  number();
});

document.addEventListener("change", (event) => {
  const select = (event.target as Element).closest<HTMLSelectElement>("select[data-heart-of]");
  const item = select?.closest<HTMLElement>("li");
  if (select && item) item.dataset["heart"] = select.value;
});

number();
