"""The portal's addresses as demo mode has them."""

from django.urls import include, path

from mitid_portal import urls

urlpatterns = [path("demo/", include("mitid_portal.demo.urls")), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
