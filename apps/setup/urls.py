from django.urls import path

from apps.setup import views

app_name = "setup"
urlpatterns = [
    path("setup/", views.account, name="account"),
    path("setup/library/", views.library, name="library"),
]
