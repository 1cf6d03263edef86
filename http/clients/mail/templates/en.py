"""English."""

from __future__ import annotations

from plixa.http.clients.mail.templates.words import Catalogue, Letter, Unit, Words

WORDS = Words(
    greeting="Hi,",
    greeting_by_name="Hi {name},",
    button_fallback="If the button does not work, open this address:",
    footer="Plixa, customer service on WhatsApp. This e-mail was sent automatically.",
    settings="Change or stop this summary",
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    first_day="1",
    moment="{day} {month} {year}, {time} ({zone})",
    date="{day} {month} {year}",
    thousands=",",
    decimal=".",
    minute=Unit("minute", "minutes"),
    hour=Unit("hour", "hours"),
    day=Unit("day", "days"),
    periods={"daily": "Daily summary", "weekly": "Weekly summary", "monthly": "Monthly summary"},
    opened="Conversations opened",
    resolved="Conversations resolved",
    messages_in="Messages received",
    messages_out="Messages sent",
    first_response="Median first response",
    sla_breaches="SLA breaches",
    csat="Customer satisfaction",
    csat_value="{average} of 5 ({answers})",
    csat_answers=Unit("{count} rating", "{count} ratings"),
    busiest="Busiest members",
    replies=Unit("{count} reply", "{count} replies"),
)  # fmt: skip

LETTERS = {
    "invitation": Letter(
        subject="{inviter} invited you to {company}",
        preview="Join the team on Plixa.",
        title="Join {company}",
        lines=("<b>{inviter}</b> invited you to answer the customers of <b>{company}</b> on WhatsApp with Plixa.",),
        button="Accept the invitation",
        after=(
            "The invitation is valid until {expires_at}.",
            "If you were not expecting it, ignore this e-mail. Nothing happens unless you accept.",
        ),
    ),
    "password_reset": Letter(
        subject="Reset your password",
        preview="The link is valid for {minutes}.",
        title="Reset your password",
        lines=("We were asked for a new password for your Plixa account. If that was you, choose one now.",),
        button="Choose a new password",
        after=(
            "The link works once and is valid for {minutes}.",
            "If it was not you, ignore this e-mail. Your password stays as it is.",
        ),
    ),
    "email_verification": Letter(
        subject="Confirm your e-mail address",
        preview="One click and you are done.",
        title="Confirm your e-mail address",
        lines=("Confirm that this address is yours, so that we can reach you about your Plixa account.",),
        button="Confirm this address",
        after=("If you did not sign up for Plixa, ignore this e-mail.",),
    ),
    "email_changed": Letter(
        subject="Your e-mail address was changed",
        preview="Your account now signs in with another address.",
        title="Your e-mail address was changed",
        lines=(
            "On {at}, the e-mail address of your Plixa account was changed to <b>{new_email}</b>. "
            "From now on you sign in with that address.",
            "If it was you, there is nothing to do. If not, secure your account right away.",
        ),
        button="This was not me",
    ),
    "password_changed": Letter(
        subject="Your password was changed",
        preview="If it was not you, act now.",
        title="Your password was changed",
        lines=(
            "The password of your Plixa account was changed on {at}.",
            "If it was you, there is nothing to do. If not, secure your account right away.",
        ),
        button="This was not me",
    ),
    "two_factor_enabled": Letter(
        subject="Two-factor authentication is on",
        preview="Signing in now takes a code as well.",
        title="Two-factor authentication is on",
        lines=(
            "It was turned on for your Plixa account on {at}. "
            "Signing in now takes your password and a code from your authenticator app.",
            "Keep your recovery codes in a safe place. You need them if you lose your phone.",
            "If it was not you, secure your account right away.",
        ),
        button="Review my security settings",
    ),
    "two_factor_disabled": Letter(
        subject="Two-factor authentication is off",
        preview="Signing in now takes only your password.",
        title="Two-factor authentication is off",
        lines=(
            "It was turned off for your Plixa account on {at}. Signing in now takes only your password.",
            "If it was not you, secure your account right away.",
        ),
        button="Review my security settings",
    ),
    "deletion_scheduled": Letter(
        subject="{company} will be deleted on {date}",
        preview="You can still cancel this.",
        title="Your workspace will be deleted",
        lines=(
            "The workspace <b>{company}</b> will be deleted on <b>{date}</b>, with all its conversations, contacts, "
            "files and settings. After that, nobody can bring them back.",
            "If that is what you want, there is nothing to do. Until then you can change your mind.",
        ),
        button="Cancel the deletion",
    ),
    "deletion_cancelled": Letter(
        subject="{company} will not be deleted",
        preview="Your workspace stays as it is.",
        title="The deletion was cancelled",
        lines=("The workspace <b>{company}</b> will not be deleted. Everything in it is still there.",),
    ),
    "deletion_done": Letter(
        subject="{company} was deleted",
        preview="This is our last e-mail about this workspace.",
        title="Your workspace was deleted",
        lines=(
            "The workspace <b>{company}</b> was deleted, with all its conversations, contacts, files and settings.",
            "This is our last e-mail about it. Thank you for having worked with Plixa.",
        ),
    ),
    "daily_digest": Letter(
        subject="{company}: {period}, {range}",
        preview="{opened} opened, {resolved} resolved",
        title="{period}",
        lines=("How <b>{company}</b> did: {range}.",),
        button="Open Plixa",
    ),
    "trial_ending": Letter(
        subject="Your trial ends on {ends_at}",
        preview="Choose a plan to keep everything running.",
        title="Your trial is about to end",
        lines=(
            "The trial of <b>{company}</b> ends on <b>{ends_at}</b>. After that, the limits of the Starter plan apply: "
            "AI replies, broadcasts and the API pause until you choose a plan.",
            "Nothing is deleted. Your conversations and contacts stay where they are.",
        ),
        button="Choose a plan",
    ),
    "ticket_reply": Letter(
        subject="You have an answer to ticket {ticket}",
        preview="Our support team has answered.",
        title="Ticket {ticket} has an answer",
        lines=("Our support team has answered your ticket <b>{ticket}</b>.",),
        button="Read the answer",
        after=("Please answer there: nobody reads what is sent to this address.",),
    ),
    "ticket_reply_by_mail": Letter(
        subject="You have an answer to ticket {ticket}",
        preview="Our support team has answered.",
        title="Ticket {ticket} has an answer",
        lines=("Our support team has answered your ticket <b>{ticket}</b>.",),
        button="Read the answer",
        after=("You may also answer this e-mail: what you write above the quote goes into the ticket.",),
    ),
    "licence_ending": Letter(
        subject="Your plan at {company} ends on {ends_at}",
        preview="After that, what you subscribe to counts.",
        title="Your granted plan is about to end",
        lines=(
            "The plan that Plixa granted to <b>{company}</b> ends on <b>{ends_at}</b>. After that, the plan "
            "that you subscribe to counts, or else the limits of the Starter plan.",
            "Nothing is deleted. Your conversations and contacts stay where they are.",
        ),
        button="See the plans",
    ),
    "over_limits": Letter(
        subject="{company} has more than its plan includes",
        preview="Nothing is deleted; nothing new can be added.",
        title="Your plan includes less than you use",
        lines=(
            "The plan of <b>{company}</b> has changed. WhatsApp numbers: <b>{numbers}</b>. Seats: "
            "<b>{seats}</b> (used / included).",
            "Everything that is there keeps working. New numbers and members can be added once there is room again.",
        ),
        button="See plan and usage",
    ),
    "payment_failed": Letter(
        subject="A payment for {company} did not go through",
        preview="Your plan stays for now. Please look at your card.",
        title="A payment did not go through",
        lines=(
            "The last payment for the plan of <b>{company}</b> was declined. It is tried again over the "
            "next days, and your plan stays meanwhile.",
            "Please check your card so that nothing stops.",
        ),
        button="Check the payment",
    ),
    "webhook_gone": Letter(
        subject="Your webhook at {host} is switched off",
        preview="It answered that it is gone.",
        title="A webhook is switched off",
        lines=(
            "The server at <b>{host}</b> answered our last delivery with 410: it wants no more. "
            "Nothing is sent to it any more.",
        ),
        button="Open the webhooks",
        after=("Once it is there again, switch it on. What it missed can be sent again from there.",),
    ),
    "webhook_failing": Letter(
        subject="Your webhook at {host} is switched off",
        preview="Nothing could be delivered for five days.",
        title="A webhook is switched off",
        lines=("For five days nothing that we sent to <b>{host}</b> was taken. Nothing is sent to it any more.",),
        button="Open the webhooks",
        after=("Once it works again, switch it on. What it missed can be sent again from there.",),
    ),
}

CATALOGUE = Catalogue("en", WORDS, LETTERS)
