/** The API page: Swagger UI from files of our own, with nothing loaded from elsewhere. */
export function swaggerPage(documentUrl: string, assetsUrl: string): string {
  const url = JSON.stringify(documentUrl).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="icon" href="${assetsUrl}/favicon-32x32.png">
<link rel="stylesheet" href="${assetsUrl}/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="${assetsUrl}/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: ${url}, dom_id: "#page", deepLinking: true, validatorUrl: null });</script>
</body>
</html>
`;
}

/** The files of the page, and what they are. */
export const SWAGGER_ASSETS: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};
