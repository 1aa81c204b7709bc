from django.urls import path

from apps.activity import views

app_name = "activity"
urlpatterns = [path("account/activity", views.own, name="own")]
