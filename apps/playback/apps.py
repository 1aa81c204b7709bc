from django.apps import AppConfig


class PlaybackConfig(AppConfig):
    name = "apps.playback"

    def ready(self) -> None:
        from apps.core import diagnosis  # noqa: PLC0415  (it reads the settings)
        from apps.playback import encoders  # noqa: PLC0415

        diagnosis.register("encoders", encoders.PROBE)
