import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

const place = document.querySelector<HTMLElement>("#api-docs");

if (place?.dataset.document) {
  SwaggerUI({
    domNode: place,
    url: place.dataset.document,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    // Else each visit would tell the document's address to a validator on the internet.
    validatorUrl: null,
  });
}
