using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SkyDriver.Integration.Tests;

/// <summary>The routes of the fleet, as tests use them.</summary>
internal sealed class FleetHttp(Uri service) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public HttpClient Http { get; } = new() { BaseAddress = service };

    public async Task<long> CreateAsync(string batch, string script, JsonObject? more = null)
    {
        JsonObject task = new() { ["batch"] = batch, ["command"] = script, ["shell"] = "sh" };
        foreach ((string name, JsonNode? value) in more ?? []) task[name] = value?.DeepClone();
        return (await SendAsync(HttpMethod.Post, "tasks", task)).GetProperty("task_id").GetInt64();
    }

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        using HttpResponseMessage answer = await Http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async Task<string> StatusAsync(long task) => (await SendAsync(HttpMethod.Get, $"tasks/{task}")).GetProperty("status").GetString()!;

    /// <summary>Attempts of a task, the oldest first.</summary>
    public async Task<JsonElement[]> ExecutionsAsync(long task) => [.. (await SendAsync(HttpMethod.Get, $"executions?task_id={task}")).EnumerateArray()];

    public async Task UntilStatusAsync(long task, string status) => await UntilAsync(async () => await StatusAsync(task) is { } now && now == status, $"task {task} is {status}");

    /// <summary>The row of a worker; it must be there.</summary>
    public async Task<JsonElement> WorkerAsync(string name) => Assert.Single((await SendAsync(HttpMethod.Get, $"workers?name={name}")).EnumerateArray());

    public async Task UntilThereAsync(string name) => await UntilAsync(async () =>
        (await SendAsync(HttpMethod.Get, $"workers?name={name}")).EnumerateArray().Any(w => w.GetProperty("status").GetString() == "running"), $"worker {name} is there");

    public static Task UntilAsync(Func<Task<bool>> condition, string what) => Until.HoldsAsync(condition, what, Patience);

    public void Dispose() => Http.Dispose();
}
