from django.urls import path

from apps.users.api import views

urlpatterns = [path("users/me", views.CurrentUserApi.as_view(), name="users-me")]
