"""Addresses of billing."""

from django.urls import path

from billing import fee_views, views
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
    path("fees/", fee_views.fee_list, name="fee_list"),
    path("fees/<uuid:proposal_id>/", fee_views.fee, name="fee"),
    path("fees/<uuid:proposal_id>/charge/", fee_views.create_fee_charge, name="create_fee_charge"),
    path("fees/<uuid:proposal_id>/waiver/", fee_views.create_fee_waiver, name="create_fee_waiver"),
    path(
        "visits/<uuid:appointment_id>/noshow/end/",
        fee_views.create_noshow_end,
        name="create_noshow_end",
    ),
    path("claims/", views.claims_list, name="claims"),
    path("ledger/", views.ledger, name="ledger"),
    path("webhooks/stripe/", views.stripe_webhook, name="stripe_webhook"),
    path("simulator/checkout/<str:ref>/", simulator.checkout, name="simulator_checkout"),
]
