# The service's image: CPython, what the service imports, and nothing else; no shell, no package manager.
#
#   docker build -t lenet5-service:cpu .                            CPU
#   docker build -t lenet5-service:cuda --build-arg DEVICE=cuda .   with NVIDIA's CUDA 13 and cuDNN
#
# A release names the base by its digest: --build-arg PYTHON=python:3.11-slim-bookworm@sha256:...
# It is no default because it has to be looked up where the image comes from, on the day (docs/deployment.md).
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS environment
ARG DEVICE=cpu
WORKDIR /build
COPY requirements/image-cpu.txt requirements/image-cuda.txt ./
RUN python3 -m venv --without-pip /opt/lenet5 \
 && python3 -m pip --python /opt/lenet5/bin/python install --quiet --root-user-action=ignore --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: --requirement "image-${DEVICE}.txt"
COPY deploy/image/trim.py ./
RUN /opt/lenet5/bin/python -I trim.py "${DEVICE}" \
 && /opt/lenet5/bin/python -I -m compileall -q --invalidation-mode unchecked-hash /opt/lenet5/lib

FROM environment AS root
COPY deploy/image/root.py ./
RUN /opt/lenet5/bin/python -I root.py /opt/lenet5 /root-of-image \
 && python3 -I -m compileall -q --invalidation-mode unchecked-hash -s /root-of-image /root-of-image

FROM environment AS package
COPY requirements/release.txt ./
RUN python3 -m venv /opt/tools \
 && /opt/tools/bin/pip install --quiet --no-cache-dir --require-hashes --only-binary :all: --requirement release.txt
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY training training
COPY framing framing
COPY deploy/bill.py deploy/notices.py deploy/
# Twice: beside the environment for the next layer, and in it for what describes the whole.
RUN /opt/tools/bin/python -m build --wheel --no-isolation --outdir . >/dev/null \
 && for into in /package /; do \
        python3 -m pip --python /opt/lenet5/bin/python install --quiet --root-user-action=ignore --no-deps --no-index \
            --no-compile --no-warn-script-location --root "${into}" ./*.whl || exit 1; \
    done \
 && python3 -m compileall -q --invalidation-mode unchecked-hash -s /package /package \
 && documents=/package/usr/share/doc/lenet5-service \
 && mkdir -p "${documents}" \
 && /opt/lenet5/bin/python -I deploy/notices.py > "${documents}/THIRD-PARTY-NOTICES.txt" \
 && /opt/tools/bin/python deploy/bill.py /opt/lenet5/bin/python "${documents}/sbom.cdx.json" \
 && cp -r /build/service/models /models

FROM scratch
COPY --from=root /root-of-image /
COPY --from=environment /opt/lenet5 /opt/lenet5
COPY --from=package /package /
# What a new volume mounted here begins with: the models of the package, owned by who may add to them.
COPY --from=package --chown=10001:10001 /models /models
# glibc gives each thread a heap of its own, up to eight times as many as processors; two are enough.
ENV LENET_HOST=0.0.0.0 \
    LENET_GRPC_PORT=8001 \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/lenet5/bin
USER 10001:10001
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["/opt/lenet5/bin/lenet5", "health"]
ENTRYPOINT ["/opt/lenet5/bin/lenet5"]
ARG VERSION=""
ARG REVISION=""
LABEL org.opencontainers.image.title="lenet5-service" \
      org.opencontainers.image.description="LeNet-5 as a service: digits in any picture, answered over HTTP and gRPC" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
