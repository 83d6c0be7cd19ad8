# The image that trains: it adds versions to the repository of models that the service watches.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON}
WORKDIR /build
COPY requirements/training.txt ./
RUN python3 -m venv --without-pip /opt/training \
 && python3 -m pip --python /opt/training/bin/python install --quiet --root-user-action=ignore --no-cache-dir \
        --require-hashes --only-binary :all: --requirement training.txt
COPY framing /opt/training/program/framing
COPY training /opt/training/program/training
# MNIST that Keras downloads and checkpoints are kept in /runs; matplotlib's cache need not be.
RUN python3 -m compileall -q /opt/training/program \
 && mkdir /models /runs \
 && chown 10001:10001 /models /runs
ENV HOME=/runs \
    KERAS_HOME=/runs/keras \
    MPLCONFIGDIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/opt/training/program
WORKDIR /
USER 10001:10001
VOLUME ["/models", "/runs"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/training/bin/python", "-m", "training", "--repository", "/models"]
