"""Who we are to GitHub: asked for by every process that talks with it, and by no other."""

from config.settings import Settings, SettingsError


def require_github(settings: Settings) -> None:
    """Refuses to start a process that talks with GitHub before it is told who it is and how deliveries are signed."""
    missing = [
        name
        for name, value in (
            ("GITHUB_APP_ID", settings.github_app_id),
            ("GITHUB_APP_PRIVATE_KEY (or _FILE)", settings.github_app_private_key),
            ("GITHUB_WEBHOOK_SECRET", settings.webhook_secrets),
        )
        if not value
    ]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} not set. `.env.example` says where each comes from; "
            "`./async-code demo` needs none of them."
        )
    if settings.github_app_private_key and not is_private_key(settings.github_app_private_key.get_secret_value()):
        raise SettingsError(
            "GITHUB_APP_PRIVATE_KEY is not an RSA private key in PEM form, as the App's settings page gives it."
        )


def is_private_key(text: str) -> bool:
    """Whether the text is an RSA key as GitHub makes them."""
    from cryptography.exceptions import UnsupportedAlgorithm  # only those who talk with GitHub pay for it
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return isinstance(load_pem_private_key(text.encode(), None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
