using System.Text.Json;
using Dapr.Workflow;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Conformance.Tests.Actors;
using SkyDriver.Conformance.Tests.Workflows;

namespace SkyDriver.Conformance.Tests;

/// <summary>
/// The one app of the suites. Its topics, routes, actor types and workflows are fixed, so that any target serves it for any time; what a
/// route does is up to the test whose token the request carries.
/// </summary>
internal sealed class ConformanceApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ConformanceApp(WebApplication app, Inboxes inboxes) => (_app, Inboxes) = (app, inboxes);

    public Inboxes Inboxes { get; }

    /// <summary>Clients of the app: of workflows and of actors.</summary>
    public IServiceProvider Services => _app.Services;

    /// <param name="components">Of the target: the app subscribes to those that are there.</param>
    public static async Task<ConformanceApp> StartAsync(int port, string httpEndpoint, string grpcEndpoint, IReadOnlySet<string> components)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Loopback.Url(port));
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_HTTP_ENDPOINT"] = httpEndpoint, ["DAPR_GRPC_ENDPOINT"] = grpcEndpoint });
        builder.Services.AddActors(ConformanceActors.Register);
        builder.Services.AddDaprWorkflow(ConformanceWorkflows.Register);
        WebApplication app = builder.Build();
        Inboxes inboxes = new();
        app.MapGet("/dapr/subscribe", () => Results.Json(Topics.Subscriptions(components), JsonSerializerOptions.Web));
        app.MapActorsHandlers();
        app.MapPost("/events/{**route}", inboxes.ServeAsync);
        app.Map("/invoked/{**route}", inboxes.ServeAsync);
        app.MapMethods("/bindings/{**route}", ["POST", "OPTIONS"], inboxes.ServeAsync);
        await app.StartAsync();
        return new(app, inboxes);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
