from apps.authn.hashers import Argon2Hasher


class CheapArgon2PasswordHasher(Argon2Hasher):
    """Argon2id with the least work that the library takes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
