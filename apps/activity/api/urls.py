from django.urls import path

from apps.activity.api import views

urlpatterns = [
    path("admin/activity", views.ActivityListApi.as_view(), name="activity"),
    path("admin/activity/stats", views.ActivityStatisticsApi.as_view(), name="activity-stats"),
    path("admin/activity/actions", views.ActionCountApi.as_view(), name="activity-actions"),
    path(
        "admin/activity/users/<uuid:user_id>",
        views.UserActivityApi.as_view(),
        name="activity-of-user",
    ),
    path(
        "admin/activity/resources/<slug:resource_type>/<uuid:resource_id>",
        views.ResourceActivityApi.as_view(),
        name="activity-of-resource",
    ),
]
