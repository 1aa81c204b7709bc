from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with the least work that the library takes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
