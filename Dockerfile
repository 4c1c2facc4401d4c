# Wangli's images, all on Debian 12: one target each of `postgres`, `proxy`, `media`, `services` (every other process, the migrate
# step and the operator's tools). docker-compose.yml builds them; by hand: docker build --target services -t wangli/services .
#   - The base is the image debian:bookworm-slim, or what ./wangli compose base makes where no registry can be reached.
#   - Packages come from the lists of deploy/packages and before the sources, so that a change of the sources installs nothing anew.
#   - Certificates in deploy/extra-ca/*.crt are trusted in the builds and in the images: no BuildKit is needed for that.
#   - Everything runs as wangli (8311), and nothing writes outside of volumes and tmpfs (read_only in docker-compose.yml).

ARG BASE=debian:bookworm-slim

FROM $BASE AS base
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY deploy/extra-ca/ /usr/local/share/ca-certificates/
RUN update-ca-certificates && groupadd --gid 8311 wangli && \
	useradd --uid 8311 --gid 8311 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin wangli

# nginx in front: owns the published ports, finds scaled and recreated portals and doors by Docker's DNS.
FROM base AS proxy
RUN apt-get update && apt-get install --yes --no-install-recommends libnginx-mod-stream nginx-light && rm -rf /var/lib/apt/lists/*
COPY deploy/compose/wangli-health deploy/compose/wangli-start deploy/compose/wangli-proxy /usr/local/bin/
COPY deploy/compose/nginx.conf /etc/nginx/nginx.conf
USER 8311:8311
STOPSIGNAL SIGQUIT
ENTRYPOINT ["wangli-proxy"]

# Debian's PostgreSQL; the account it runs under is named as the cluster's superuser, for `docker exec … psql`.
FROM base AS postgres
RUN usermod --login postgres wangli && \
	apt-get update && apt-get install --yes --no-install-recommends postgresql-15 openssl && rm -rf /var/lib/apt/lists/* && \
	rm -rf /var/lib/postgresql /etc/postgresql && install -d -m 700 -o 8311 -g 8311 /var/lib/postgresql && chmod 1777 /run/postgresql
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGHOST=/run/postgresql PGUSER=postgres
COPY deploy/script/base.sh deploy/script/database.sh /usr/local/lib/wangli/deploy/script/
COPY deploy/compose/postgres.sh /usr/local/bin/wangli-postgres
USER 8311:8311
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["wangli-postgres"]

FROM base AS pages
COPY deploy/packages/pages.list /src/
RUN apt-get update && grep -v '^#' /src/pages.list | \
	DEBIAN_FRONTEND=noninteractive xargs apt-get install --yes --no-install-recommends && rm -rf /var/lib/apt/lists/*
WORKDIR /src/web
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web ./
RUN npm run build

FROM base AS build
COPY deploy/packages/build.list /src/
RUN apt-get update && grep -v '^#' /src/build.list | \
	DEBIAN_FRONTEND=noninteractive xargs apt-get install --yes --no-install-recommends && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY common common
COPY proto proto
COPY sdk sdk
COPY tools tools
COPY services services
COPY deploy/cities deploy/cities
COPY deploy/ref deploy/ref
RUN cmake --preset release && cmake --build --preset release && cmake --install build/release --prefix /out --strip

# What runs here needs of run.list neither the database's server, nor runit, nor the decoders of photos; but psql.
FROM base AS runtime
COPY deploy/packages/run.list /usr/local/lib/wangli/
RUN apt-get update && grep -vxE '#.*|postgresql-15|runit|libvips42' /usr/local/lib/wangli/run.list | \
	DEBIAN_FRONTEND=noninteractive xargs apt-get install --yes --no-install-recommends postgresql-client-15 && \
	rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8

# Attachments: the one image with decoders in it, and with no other program.
FROM runtime AS media
RUN apt-get update && apt-get install --yes --no-install-recommends libvips42 && rm -rf /var/lib/apt/lists/* && \
	install -d -m 700 -o 8311 -g 8311 /var/lib/wangli
COPY deploy/compose/wangli-health deploy/compose/wangli-start /usr/local/bin/
COPY --from=build /out/bin/wangli-media /out/bin/wangli-photo /usr/local/bin/
USER 8311:8311
VOLUME /var/lib/wangli
ENTRYPOINT ["wangli-start", "wangli-media"]

FROM runtime AS services
RUN install -d -m 700 -o 8311 -g 8311 /var/lib/wangli && ln -s /usr/local /var/lib/wangli/app
COPY --from=build /out /usr/local
RUN rm /usr/local/bin/wangli-media /usr/local/bin/wangli-photo
COPY --from=pages /src/web/dist /usr/local/share/wangli/web
COPY deploy/demo /usr/local/share/wangli/deploy/demo
COPY deploy/roads /usr/local/share/wangli/deploy/roads
COPY deploy/script /usr/local/share/wangli/deploy/script
COPY deploy/compose/wangli-health deploy/compose/wangli-start deploy/compose/wangli deploy/compose/wangli-keys-make /usr/local/bin/
USER 8311:8311
