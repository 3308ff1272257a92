/** The field of a list's form that narrows it to one construct. */
export const ConstructFilter = ({ constructId }: { constructId: string | undefined }) => (
  <label className="min-w-0 flex-1 basis-60">
    <span className="mb-1 block text-sm font-medium">Construct</span>
    <input
      className="input"
      name="constructId"
      defaultValue={constructId ?? ''}
      maxLength={255}
      placeholder="Its whole name"
      autoComplete="off"
    />
  </label>
);
