"""Domain errors on the fields of a form."""

from django import forms

from apps.core.errors import DomainError


def show_error(form: forms.BaseForm, error: DomainError) -> None:
    """Put each detail beside its field; what belongs to no field of the form goes on top."""
    unplaced = [
        message
        for name, messages in error.details.items()
        if name not in form.fields
        for message in messages
    ]
    for name, messages in error.details.items():
        if name in form.fields:
            form.add_error(name, list(messages))
    if unplaced or not error.details:
        form.add_error(None, unplaced or [error.message])
