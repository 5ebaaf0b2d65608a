using Dapr.Client;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Doctor;

namespace SkyDriver.Api.Doctor;

/// <summary>How all services are; each of the others is asked through the sidecars, which tries that way, too.</summary>
internal sealed class DoctorEndpoints(ServiceDoctor doctor, BrokerProbe broker, ServiceHealthClients others)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        broker.Map(routes);
        routes.MapCall("GET", "/system/health", new("How the services and what they need are; takes up to 15 s when something is away.", Role.User), ExamineAsync);
    }

    private async Task<IResult> ExamineAsync(Call call)
    {
        ServiceHealthV1[] all = await Task.WhenAll([doctor.ExamineAsync(call.Aborted), .. others.Apps.Select(app => others.AskAsync(app, call.Aborted))]);
        return Results.Json(new SystemHealthV1(all), ContractJson.Options);
    }
}

/// <summary>Asks services by service invocation.</summary>
internal sealed class ServiceHealthClients : IDisposable
{
    /// <summary>A little more than a service gives its own probes.</summary>
    private static readonly TimeSpan Patience = ServiceDoctor.Patience + TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, HttpClient> clients;

    public ServiceHealthClients() => clients = new[] { AppIds.Orchestrator, AppIds.Scanner }.ToDictionary(app => app, app =>
    {
        HttpClient client = DaprClient.CreateInvokeHttpClient(app);
        client.Timeout = Patience;
        return client;
    });

    public IReadOnlyCollection<string> Apps => clients.Keys;

    public async Task<ServiceHealthV1> AskAsync(string app, CancellationToken cancellationToken)
    {
        string remedy = $"Is {app} running, and its sidecar with it? Look at both logs.";
        try
        {
            using HttpResponseMessage answer = await clients[app].GetAsync(DoctorSetup.Route, cancellationToken);
            if (answer.IsSuccessStatusCode && await answer.Content.ReadFromJsonAsync<ServiceHealthV1>(ContractJson.Options, cancellationToken) is { } health) return health;
            return Unwell($"its sidecar answered {(int)answer.StatusCode}");
        }
        catch (Exception away) when (away is HttpRequestException or System.Text.Json.JsonException or NotSupportedException || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Unwell(away is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : away.Message);
        }

        ServiceHealthV1 Unwell(string message) => new(app, null, null, [SystemCheckV1.Failed("service", message, remedy)]);
    }

    public void Dispose()
    {
        foreach (HttpClient client in clients.Values) client.Dispose();
    }
}

internal static class DoctorRoutes
{
    public static void AddDoctor(this WebApplicationBuilder builder)
    {
        builder.Services.AddDoctor();
        builder.Services.AddSingleton<BrokerProbe>().AddSingleton<ISystemProbe>(services => services.GetRequiredService<BrokerProbe>());
        builder.Services.AddSingleton<ServiceHealthClients>().AddSingleton<DoctorEndpoints>();
    }
}
