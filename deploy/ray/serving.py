"""The service as a Ray Serve application: ``serve run deploy/ray/serve.yaml``."""

import ray
from ray import serve

from deploy.ray.request_ids import told_once
from service import logs
from service.app import create_app
from service.application import Application
from service.settings import load


@serve.deployment
@serve.ingress(None)
class LeNet:
    """
    One replica: a process with the whole service in it.

    Ray makes the replica where it is to run and only then asks for the application, so sessions, threads
    and queues begin and end with the replica, and nothing of them is ever pickled.
    """

    app: Application

    def __serve_build_asgi_app__(self) -> Application:
        """
        Make the service as ``python -m service`` does, with as many threads as Ray gave processors.

        Raises:
            StartError: Settings, device or models are at fault; Ray tells it as the deployment's state.
        """
        settings = load()
        logs.configure(settings.log_format, settings.log_level)
        if not settings.threads:
            processors = ray.get_runtime_context().get_assigned_resources().get("CPU", 1)
            settings = settings.model_copy(update={"threads": max(1, int(processors))})
        app = create_app(settings)
        app.entry = told_once(app.entry)
        return app

    def check_health(self) -> None:
        """
        Tell Ray whether requests may be sent here: three failures, and it replaces the replica.

        Raises:
            RuntimeError: The service is not ready; it says why.
        """
        if not self.app.readiness.ready:
            raise RuntimeError(self.app.readiness.report["reason"])


app = LeNet.bind()
