from django.urls import path

from apps.siteconfig.api import views

urlpatterns = [
    path("settings/server", views.ServerSettingListApi.as_view(), name="server-settings"),
    path("settings/server/<str:key>", views.ServerSettingApi.as_view(), name="server-setting"),
    path("settings/user", views.UserSettingListApi.as_view(), name="user-settings"),
    path("settings/user/<str:key>", views.UserSettingApi.as_view(), name="user-setting"),
]
