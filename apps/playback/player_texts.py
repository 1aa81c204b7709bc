from django.utils.translation import gettext as _


def player_texts() -> dict[str, str]:
    """What the player's script says; `{…}` are its placeholders."""
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "mute": _("Mute"),
        "unmute": _("Sound on"),
        "enter_fullscreen": _("Full screen"),
        "exit_fullscreen": _("Leave full screen"),
        "off": _("Off"),
        "position": _("{time} of {total}"),
        "resumed": _("Resumed at {time}"),
        "start_over": _("Start over"),
        "not_saved": _("The position cannot be saved at the moment. Trying again …"),
        "saved_again": _("The position is saved again."),
        "signed_out": _("You have been signed out. The position is not saved."),
        "sign_in": _("Sign in"),
        "no_sound": _("No sound? This browser may not know the film's sound format."),
        "subtitles_off": _("Subtitles off"),
        "subtitles_on": _("Subtitles: {label}"),
        "cannot_play": _("This browser cannot play this film"),
        "cannot_convert": _(
            "Converting films while they play is not available yet. Another browser or a player "
            "outside of the browser may know the format."
        ),
        "refused": _("The browser gave up on the file: its format or codec is not known to it."),
        "network": _("The film stopped loading. Check the connection, then try again."),
        "try_anyway": _("Try anyway"),
        "try_again": _("Try again"),
        "play_version": _("Play {label}"),
        "ended": _("The end"),
        "back_to_film": _("Back to the film"),
        "play_again": _("Play again"),
    }
