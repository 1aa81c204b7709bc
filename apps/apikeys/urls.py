from django.urls import path

from apps.apikeys import views

app_name = "apikeys"
urlpatterns = [
    path("account/api-keys", views.keys, name="list"),
    path("account/api-keys/<uuid:key_id>/revoke", views.revoke, name="revoke"),
]
