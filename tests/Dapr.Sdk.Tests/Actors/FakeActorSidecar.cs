using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dapr.Sdk.Tests.Actors;

/// <summary>The actor routes of a sidecar: forwards methods to the app, keeps state and what was registered.</summary>
public sealed class FakeActorSidecar
{
    private readonly HttpClient _app = new();

    public string AppAddress { get; set; } = "";

    public ConcurrentDictionary<string, JsonElement> State { get; } = new();

    /// <summary>Bodies of state transactions, in order.</summary>
    public ConcurrentQueue<string> Transactions { get; } = new();

    public ConcurrentDictionary<string, string> Reminders { get; } = new();

    public ConcurrentDictionary<string, string> Timers { get; } = new();

    public ConcurrentQueue<string> ReentrancyIds { get; } = new();

    public bool FailState { get; set; }

    public void Map(WebApplication app)
    {
        app.MapPut("/v1.0/actors/{type}/{id}/method/{method}", ForwardAsync);
        app.MapGet("/v1.0/actors/{type}/{id}/state/{key}", (string type, string id, string key) =>
            State.TryGetValue($"{type}/{id}/{key}", out var value) ? Results.Text(value.GetRawText(), "application/json") : Results.NoContent());
        app.MapPost("/v1.0/actors/{type}/{id}/state", SaveAsync);
        app.MapPost("/v1.0/actors/{type}/{id}/reminders/{name}", (HttpRequest r, string name) => Keep(Reminders, name, r));
        app.MapGet("/v1.0/actors/{type}/{id}/reminders/{name}", (string name) => Reminders.TryGetValue(name, out string? body)
            ? Results.Text(body, "application/json")
            : Results.Json(new { errorCode = "ERR_ACTOR_REMINDER_NOT_FOUND", message = "none" }, statusCode: 404));
        app.MapDelete("/v1.0/actors/{type}/{id}/reminders/{name}", (string name) => Drop(Reminders, name));
        app.MapPost("/v1.0/actors/{type}/{id}/timers/{name}", (HttpRequest r, string name) => Keep(Timers, name, r));
        app.MapDelete("/v1.0/actors/{type}/{id}/timers/{name}", (string name) => Drop(Timers, name));
    }

    private async Task ForwardAsync(HttpContext context, string type, string id, string method)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{AppAddress}/actors/{type}/{id}/method/{method}")
        {
            Content = new StreamContent(context.Request.Body),
        };
        string reentrancy = context.Request.Headers["Dapr-Reentrancy-Id"].FirstOrDefault() ?? Guid.NewGuid().ToString();
        ReentrancyIds.Enqueue(reentrancy);
        request.Headers.Add("Dapr-Reentrancy-Id", reentrancy);
        using var response = await _app.SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        if (response.IsSuccessStatusCode)
        {
            await context.Response.WriteAsync(body);
            return;
        }

        context.Response.StatusCode = 500;
        await context.Response.WriteAsJsonAsync(new
        {
            errorCode = "ERR_ACTOR_INVOKE_METHOD",
            message = $"error invoke actor method: {(int)response.StatusCode}: {body}",
        });
    }

    private async Task<IResult> SaveAsync(HttpRequest request, string type, string id)
    {
        string body = await new StreamReader(request.Body).ReadToEndAsync();
        Transactions.Enqueue(body);
        if (FailState) return Results.Json(new { errorCode = "ERR_ACTOR_STATE_TRANSACTION_SAVE", message = "disk full" }, statusCode: 500);
        foreach (var operation in JsonSerializer.Deserialize<JsonElement>(body).EnumerateArray())
        {
            var entry = operation.GetProperty("request");
            string key = $"{type}/{id}/{entry.GetProperty("key").GetString()}";
            if (operation.GetProperty("operation").GetString() == "delete") State.TryRemove(key, out _);
            else State[key] = entry.GetProperty("value").Clone();
        }

        return Results.NoContent();
    }

    private static async Task<IResult> Keep(ConcurrentDictionary<string, string> where, string name, HttpRequest request)
    {
        where[name] = await new StreamReader(request.Body).ReadToEndAsync();
        return Results.NoContent();
    }

    private static IResult Drop(ConcurrentDictionary<string, string> where, string name)
    {
        where.TryRemove(name, out _);
        return Results.NoContent();
    }
}
