using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.Actors;

/// <param name="Json">Null when the key is missing.</param>
internal sealed record ActorValue(string? Json, string? Expires);

internal sealed record ActorReminderSpec(string DueTime, string? Period = null, string? Data = null, string? Ttl = null, bool? Overwrite = null);

/// <summary>The actor API in one of its forms. Every call throws <see cref="DaprRefusal"/>.</summary>
internal interface IActorCalls
{
    /// <summary>The answer's text.</summary>
    Task<string> InvokeAsync(string type, string id, string method, string? json = null);

    Task<ActorValue> GetStateAsync(string type, string id, string key);

    /// <param name="changes">A value to store, or null to delete.</param>
    Task TransactAsync(string type, string id, IReadOnlyList<(string Key, string? Json)> changes, int? ttlInSeconds = null);

    Task RegisterReminderAsync(string type, string id, string name, ActorReminderSpec reminder);

    /// <summary>The period and the data of a reminder.</summary>
    Task<(string Period, string Data)> GetReminderAsync(string type, string id, string name);

    Task UnregisterReminderAsync(string type, string id, string name);

    Task RegisterTimerAsync(string type, string id, string name, string dueTime, string? period, string callback);

    Task UnregisterTimerAsync(string type, string id, string name);
}

internal sealed class HttpActorCalls(HttpClient http) : IActorCalls
{
    public async Task<string> InvokeAsync(string type, string id, string method, string? json = null) => await (await SendAsync(HttpMethod.Post, type, id, $"method/{method}", json)).Content.ReadAsStringAsync();

    public async Task<ActorValue> GetStateAsync(string type, string id, string key)
    {
        using var response = await SendAsync(HttpMethod.Get, type, id, $"state/{key}");
        string? expires = response.Headers.TryGetValues("metadata.ttlExpireTime", out var values) ? values.Single() : null;
        return new ActorValue(response.StatusCode is HttpStatusCode.NoContent ? null : await response.Content.ReadAsStringAsync(), expires);
    }

    public Task TransactAsync(string type, string id, IReadOnlyList<(string Key, string? Json)> changes, int? ttlInSeconds = null) =>
        NothingAsync(HttpMethod.Post, type, id, "state", new JsonArray([.. changes.Select(c =>
        {
            JsonObject request = new() { ["key"] = c.Key };
            if (c.Json is not null) request["value"] = JsonNode.Parse(c.Json);
            if (ttlInSeconds is { } ttl) request["metadata"] = new JsonObject { ["ttlInSeconds"] = ttl.ToString(System.Globalization.CultureInfo.InvariantCulture) };
            return (JsonNode)new JsonObject { ["operation"] = c.Json is null ? "delete" : "upsert", ["request"] = request };
        })]));

    public Task RegisterReminderAsync(string type, string id, string name, ActorReminderSpec reminder)
    {
        JsonObject body = new() { ["dueTime"] = reminder.DueTime, ["period"] = reminder.Period ?? "" };
        if (reminder.Data is not null) body["data"] = reminder.Data;
        if (reminder.Ttl is not null) body["ttl"] = reminder.Ttl;
        if (reminder.Overwrite is { } overwrite) body["overwrite"] = overwrite;
        return NothingAsync(HttpMethod.Post, type, id, $"reminders/{name}", body);
    }

    public async Task<(string Period, string Data)> GetReminderAsync(string type, string id, string name)
    {
        using var response = await SendAsync(HttpMethod.Get, type, id, $"reminders/{name}");
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((type, id), (body.RootElement.GetProperty("actorType").GetString(), body.RootElement.GetProperty("actorID").GetString()));
        return (body.RootElement.GetProperty("period").GetString()!, body.RootElement.GetProperty("data").GetString() ?? "");
    }

    public Task UnregisterReminderAsync(string type, string id, string name) => NothingAsync(HttpMethod.Delete, type, id, $"reminders/{name}");

    public Task RegisterTimerAsync(string type, string id, string name, string dueTime, string? period, string callback) =>
        NothingAsync(HttpMethod.Post, type, id, $"timers/{name}", new JsonObject { ["dueTime"] = dueTime, ["period"] = period ?? "", ["callback"] = callback });

    public Task UnregisterTimerAsync(string type, string id, string name) => NothingAsync(HttpMethod.Delete, type, id, $"timers/{name}");

    private async Task NothingAsync(HttpMethod verb, string type, string id, string rest, JsonNode? body = null)
    {
        using var response = await SendAsync(verb, type, id, rest, body?.ToJsonString());
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod verb, string type, string id, string rest, string? body = null)
    {
        using HttpRequestMessage request = new(verb, $"/v1.0/actors/{type}/{id}/{rest}");
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var response = await http.SendAsync(request);
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            using var told = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            throw new DaprRefusal((int)response.StatusCode, told.RootElement.GetProperty("errorCode").GetString()!, told.RootElement.GetProperty("message").GetString()!);
        }
    }
}

internal sealed class GrpcActorCalls(DaprGrpc dapr) : IActorCalls
{
    public async Task<string> InvokeAsync(string type, string id, string method, string? json = null)
    {
        var request = new InvokeActorRequest { ActorType = type, ActorId = id, Method = method, Data = ByteString.CopyFromUtf8(json ?? "") };
        request.Metadata["content-type"] = "application/json";
        return (await CallAsync("InvokeActor", request, InvokeActorResponse.Parser)).Data.ToStringUtf8();
    }

    public async Task<ActorValue> GetStateAsync(string type, string id, string key)
    {
        var found = await CallAsync("GetActorState", new GetActorStateRequest { ActorType = type, ActorId = id, Key = key }, GetActorStateResponse.Parser);
        return new ActorValue(found.Data.IsEmpty ? null : found.Data.ToStringUtf8(), found.Metadata.TryGetValue("ttlExpireTime", out string? expires) ? expires : null);
    }

    public Task TransactAsync(string type, string id, IReadOnlyList<(string Key, string? Json)> changes, int? ttlInSeconds = null)
    {
        var request = new ExecuteActorStateTransactionRequest { ActorType = type, ActorId = id };
        foreach (var (key, json) in changes)
        {
            var operation = new TransactionalActorStateOperation { OperationType = json is null ? "delete" : "upsert", Key = key };
            if (json is not null) operation.Value = new Any { Value = ByteString.CopyFromUtf8(json) };
            if (ttlInSeconds is { } ttl) operation.Metadata["ttlInSeconds"] = ttl.ToString(System.Globalization.CultureInfo.InvariantCulture);
            request.Operations.Add(operation);
        }

        return CallAsync("ExecuteActorStateTransaction", request, Empty.Parser);
    }

    public Task RegisterReminderAsync(string type, string id, string name, ActorReminderSpec reminder)
    {
        var request = new RegisterActorReminderRequest
        {
            ActorType = type,
            ActorId = id,
            Name = name,
            DueTime = reminder.DueTime,
            Period = reminder.Period ?? "",
            Ttl = reminder.Ttl ?? "",
            Data = reminder.Data is null ? ByteString.Empty : ByteString.CopyFromUtf8(JsonSerializer.Serialize(reminder.Data)),
        };
        if (reminder.Overwrite is { } overwrite) request.Overwrite = overwrite;
        return CallAsync("RegisterActorReminder", request, Empty.Parser);
    }

    public async Task<(string Period, string Data)> GetReminderAsync(string type, string id, string name)
    {
        var found = await CallAsync("GetActorReminder", new GetActorReminderRequest { ActorType = type, ActorId = id, Name = name }, GetActorReminderResponse.Parser);
        return (found.Period, found.Data is null ? "" : JsonSerializer.Deserialize<string>(found.Data.Value.Span)!);
    }

    public Task UnregisterReminderAsync(string type, string id, string name) =>
        CallAsync("UnregisterActorReminder", new UnregisterActorReminderRequest { ActorType = type, ActorId = id, Name = name }, Empty.Parser);

    public Task RegisterTimerAsync(string type, string id, string name, string dueTime, string? period, string callback) => CallAsync(
        "RegisterActorTimer", new RegisterActorTimerRequest { ActorType = type, ActorId = id, Name = name, DueTime = dueTime, Period = period ?? "", Callback = callback }, Empty.Parser);

    public Task UnregisterTimerAsync(string type, string id, string name) =>
        CallAsync("UnregisterActorTimer", new UnregisterActorTimerRequest { ActorType = type, ActorId = id, Name = name }, Empty.Parser);

    private async Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser)
        where TResponse : class, IMessage<TResponse>
    {
        try
        {
            return await dapr.CallAsync(method, request, parser);
        }
        catch (RpcException fault)
        {
            throw new DaprRefusal(fault);
        }
    }
}
