from django.urls import path

from apps.users import views

app_name = "users"
urlpatterns = [
    path("appearance/", views.appearance, name="appearance"),
    path("language/", views.language, name="language"),
    path("account/", views.profile, name="profile"),
    path("account/picture", views.avatar, name="avatar"),
    path("account/preferences", views.preferences, name="preferences"),
    path("account/data", views.data, name="data"),
    path("account/data/export", views.export, name="export"),
    path("account/data/delete", views.delete, name="delete"),
]
