'use client';

/** Shown when the layout itself fails, usually because the database cannot be reached. It uses plain HTML only. */
const GlobalError = ({ error }: { error: Error & { digest?: string } }) => (
  <html lang="en">
    <body>
      <title>Echelon Verify is not available</title>
      <h1>Echelon Verify is not available</h1>
      <p>
        The installation could not answer, usually because its database cannot be reached. Its log says why
        {error.digest === undefined ? '' : ` (${error.digest})`}.
      </p>
      <p>
        <a href="/">Try again</a>
      </p>
    </body>
  </html>
);

export default GlobalError;
