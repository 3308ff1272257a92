'use client';

import { PageHeading } from '#components/page-heading.tsx';

/** `digest` is what the server's log carries beside the error; the error's own message never leaves the server. */
const ErrorPage = ({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) => (
  <>
    <PageHeading title="This page could not be shown">
      <p>
        Something failed on our side; nothing you did is lost. Try again, and if it goes on, look into the
        installation’s log{error.digest === undefined ? '' : ` for ${error.digest}`}.
      </p>
    </PageHeading>
    <button type="button" className="button" onClick={reset}>
      Try again
    </button>
  </>
);

export default ErrorPage;
