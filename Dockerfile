# Both bases are Node 24 on Debian 13. Pin them by digest where builds must be repeatable (image:tag@sha256:…): a tag
# may be pushed anew.
FROM node:24-trixie-slim AS node

# One bundle of the service and of the packages it needs; docs/image.md says what of a package cannot be in one. The manifests
# come before the sources, so that a change of code reinstalls nothing.
FROM node AS build
# A build host behind a proxy passes its certificates; an ARG is gone with its stage.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json .swcrc ./
COPY tools/bundle ./tools/bundle
COPY src ./src
RUN npm run bundle

# What Node has compiled, for every start of a pod to read. It holds for one version of Node, one user and one folder: so it is
# made by the image's own Node, as the pod's user, where the pod runs it. The build fails when a start does not use it.
FROM gcr.io/distroless/nodejs24-debian13:nonroot AS compiled
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build --chown=65532:65532 /app/dist-bundle ./dist
USER 65532:65532
RUN ["/nodejs/bin/node", "dist/make-compile-cache.js", "dist/compile-cache"]

# No shell and no package manager: whoever gets in finds nothing to work with. It can be this bare because the preStop
# sleep is the kubelet's own.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
ENV NODE_ENV=production
# Read alone: where it cannot be written Node says nothing.
ENV NODE_COMPILE_CACHE=/app/dist/compile-cache
# The heap's limit is three quarters of the container's, and the rest is for buffers, sockets and code. By itself Node 24 takes 256
# MB in any container of up to 512, so that one of 256 is killed where a collection would have done (docs/image.md has the
# figures; Node.js 24, "Command-line API").
ENV NODE_OPTIONS=--max-old-space-size-percentage=75
WORKDIR /app
# Owned by root and so read-only to the service.
COPY --from=compiled --chown=0:0 /app/dist ./dist
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
