"""The words of the panel's pages about the AI and what it knows."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.http.panel.declaring import Field, Form, Said

FORMS: Mapping[str, Form] = {
    "ai": Form(
        Said("AI", "IA", "IA"),
        Said(
            "Answers by itself what your own words and the questions below say; all else goes to a person.",
            "Responde sozinha o que está nas suas palavras e nas perguntas; o resto vai para uma pessoa.",
            "Responde sola lo que dicen sus palabras y las preguntas; lo demás va a una persona.",
        ),
        "automation",
        20,
        fields={
            "enabled": Field(
                Said("The AI answers customers", "A IA responde aos clientes", "La IA responde a clientes")
            ),
            "prompt": Field(
                Said("Your business in plain words", "Seu negócio em palavras simples", "Su negocio en pocas palabras"),
                Said(
                    "What you sell, where you are, what it costs, how you speak.",
                    "O que vende, onde fica, quanto custa, como fala.",
                    "Qué vende, dónde está, cuánto cuesta, cómo habla.",
                ),
            ),
            "handoff_message": Field(
                Said(
                    "Before it hands over to a person", "Antes de passar a uma pessoa", "Antes de pasar a una persona"
                ),
                blank=Said("A sentence of ours", "Uma frase nossa", "Una frase nuestra"),
            ),
        },
    ),
    "faqs": Form(
        Said("Questions and answers", "Perguntas e respostas", "Preguntas y respuestas"),
        Said(
            "What the AI's replies are grounded in.",
            "Em que as respostas da IA se baseiam.",
            "En qué se basan las respuestas de la IA.",
        ),
        "automation",
        30,
        one=Said("New question", "Nova pergunta", "Nueva pregunta"),
        none=Said(
            "No question yet. Begin with your opening hours and your delivery.",
            "Nenhuma pergunta. Comece por horários e entrega.",
            "Ninguna pregunta. Empiece por horarios y entrega.",
        ),
        shows=("answer",),
        fields={
            "question": Field(Said("Question", "Pergunta", "Pregunta"), kind="text"),
            "answer": Field(Said("Answer", "Resposta", "Respuesta")),
        },
    ),
}
