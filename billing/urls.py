"""Addresses of billing."""

from django.urls import path

from billing import views
from billing.gateways.simulator import views as simulator

app_name = "billing"
urlpatterns = [
    path("card/", views.card, name="card"),
    path("card/return/", views.card_return, name="card_return"),
    path("charges/<uuid:charge_id>/", views.charge, name="charge"),
    path(
        "charges/<uuid:charge_id>/confirmation/",
        views.create_confirmation,
        name="create_confirmation",
    ),
    path("receipts/", views.receipt_list, name="receipt_list"),
    path("receipts/<uuid:charge_id>/", views.receipt, name="receipt"),
    path("receipts/<uuid:charge_id>/payment/", views.create_payment, name="create_payment"),
    path("claims/", views.claims_list, name="claims"),
    path("ledger/", views.ledger, name="ledger"),
    path("webhooks/stripe/", views.stripe_webhook, name="stripe_webhook"),
    path("simulator/checkout/<str:ref>/", simulator.checkout, name="simulator_checkout"),
]
