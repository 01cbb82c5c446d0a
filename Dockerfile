# Both bases are Node 24 on Debian 13. Pin them by digest where builds must be repeatable (image:tag@sha256:…): a tag
# may be pushed anew.
FROM node:24-trixie-slim AS node

# Production's node_modules alone: the development dependencies hold compilers and a whole second Node. The manifests
# come before the sources, so that a change of code reinstalls nothing.
FROM node AS dependencies
# A build host behind a proxy passes its certificates; an ARG is gone with its stage.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node AS build
ARG NODE_EXTRA_CA_CERTS
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json .swcrc ./
COPY src ./src
RUN npm run build

# No shell and no package manager: whoever gets in finds nothing to work with. It can be this bare because the preStop
# sleep is the kubelet's own.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
ENV NODE_ENV=production
WORKDIR /app
# Owned by root and so read-only to the service. package.json says that the code is ESM.
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/package.json ./
COPY --from=build /app/dist ./dist
# Numeric, because the kubelet cannot prove of a user name that it is not root, and runAsNonRoot then refuses the pod.
USER 65532:65532
EXPOSE 3000 9000
# What a pod gets at the end of its preStop sleep (and `docker stop` sends).
STOPSIGNAL SIGTERM
# Node itself is process 1 (the base's entry point is /nodejs/bin/node): under a shell or npm it would never hear the
# signal.
CMD ["dist/main.js"]
# Last, so that a new revision reuses every layer above.
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="ebb" \
  org.opencontainers.image.description="A NestJS service for Kubernetes that loses no request when a pod is asked to go." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.source="${SOURCE}"
