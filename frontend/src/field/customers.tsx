/** My customers, found without signal too: by a name, a district or the end of a number. */
import "../styles/field/customer.css";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { TopBar } from "./app";
import { keptBook, refreshBook, search, type BookRow } from "./book";
import { shortTierWord } from "./brief-words";
import { _, ngettext } from "./i18n";
import { Chip, Empty, Icon, Skeleton } from "./parts";
import { back } from "./router";
import type { State } from "./state";

const PAGE = 40;
/** What was looked for stays while one looks at somebody and comes back. */
let lastWords = "";

export function MyCustomers({ state }: { state: State }): JSX.Element {
  const [rows, setRows] = useState<BookRow[]>();
  const [words, setWords] = useState(lastWords);
  const [shown, show] = useState(PAGE);
  useEffect(() => {
    void keptBook().then((book) => book && setRows((known) => known ?? book.rows));
    void refreshBook().then((book) => (book ? setRows(book.rows) : setRows((known) => known ?? [])));
  }, []);
  const found = useMemo(() => search(rows ?? [], words), [rows, words]);
  const type = (text: string): void => {
    lastWords = text;
    setWords(text);
    show(PAGE);
  };
  return (
    <div class="customers">
      <TopBar state={state} title={_("My customers")} backTo={() => back("/m/me")} />
      <label class="field">
        <span class="visually-hidden">{_("Name, district or last digits")}</span>
        <input
          type="search"
          value={words}
          placeholder={_("Name, district or last digits")}
          autocomplete="off"
          enterkeyhint="search"
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      {rows && (
        <p class="soft found" role="status">
          {ngettext("%(num)s customer", "%(num)s customers", found.length)}
        </p>
      )}
      {!rows && <Skeleton />}
      {rows && found.length === 0 && <NobodyFound state={state} isEmpty={rows.length === 0} />}
      <ul class="cards">
        {found.slice(0, shown).map((row) => (
          <CustomerRow key={row.id} row={row} />
        ))}
      </ul>
      {found.length > shown && (
        <button type="button" class="button wide" onClick={() => show(shown + PAGE)}>
          {_("Show more")}
        </button>
      )}
    </div>
  );
}

function CustomerRow({ row }: { row: BookRow }): JSX.Element {
  const tier = shortTierWord(row.tier);
  return (
    <li>
      <a class="talk" href={`/m/customers/${row.id}`}>
        <span class="grow">
          <strong>{row.name}</strong>
          <span class="soft one-line">{[row.district, row.phone_end && `••${row.phone_end}`].filter(Boolean).join(" · ")}</span>
        </span>
        {tier && <Chip>{tier}</Chip>}
        <Icon name="next" />
      </a>
    </li>
  );
}

function NobodyFound({ state, isEmpty }: { state: State; isEmpty: boolean }): JSX.Element {
  if (!isEmpty) return <Empty title={_("Nobody of yours is called that.")}>{_("Try a part of the name, the district, or the last digits.")}</Empty>;
  if (state.reachable === false) return <Empty title={_("Your customers are not on the phone yet.")}>{_("This needs a connection once.")}</Empty>;
  return <Empty title={_("No customers are yours yet.")} />;
}
