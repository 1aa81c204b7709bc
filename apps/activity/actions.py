"""What is recorded, as `resource.what-happened`."""

from enum import StrEnum


class Action(StrEnum):
    LOGIN = "user.login"
    LOGIN_FAILED = "user.login_failed"
    LOGIN_LOCKED = "user.login_locked"
    LOGOUT = "user.logout"
    STEP_UP = "user.step_up"
    STEP_UP_FAILED = "user.step_up_failed"
    REGISTER = "user.register"
    USER_CREATE = "user.create"
    USER_UPDATE = "user.update"
    USER_DELETE = "user.delete"
    USER_RESTORE = "user.restore"
    USER_ANONYMISE = "user.anonymise"
    USER_EXPORT = "user.export"
    AVATAR_CHANGE = "user.avatar_change"
    EMAIL_VERIFY = "user.email_verify"
    PASSWORD_CHANGE = "user.password_change"  # noqa: S105
    PASSWORD_RESET_REQUEST = "user.password_reset_request"  # noqa: S105
    PASSWORD_RESET = "user.password_reset"  # noqa: S105
    SESSION_END = "session.end"
    SESSION_REUSE = "session.reuse"
    INVITATION_CREATE = "invitation.create"
    INVITATION_REVOKE = "invitation.revoke"
    API_KEY_CREATE = "apikey.create"
    API_KEY_REVOKE = "apikey.revoke"
    ROLE_CREATE = "role.create"
    ROLE_UPDATE = "role.update"
    ROLE_DELETE = "role.delete"
    ROLE_ASSIGN = "role.assign"
    ROLE_REMOVE = "role.remove"
    GRANT_ADD = "grant.add"
    GRANT_REMOVE = "grant.remove"
    GRANT_UPDATE = "grant.update"
    SETTING_UPDATE = "setting.update"
    LIBRARY_CREATE = "library.create"
    LIBRARY_UPDATE = "library.update"
    LIBRARY_DELETE = "library.delete"
    LIBRARY_SCAN = "library.scan"
    ACTIVITY_PURGE = "activity.purge"
