using System.IO.Compression;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.ResponseCompression;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Description;
using SkyDriver.Api.Doctor;
using SkyDriver.Api.Find;
using SkyDriver.Api.Fleet;
using SkyDriver.Api.Gateway;
using SkyDriver.Api.Http;
using SkyDriver.Api.Images;
using SkyDriver.Api.Live;
using SkyDriver.Api.Scans;
using SkyDriver.Api.Upkeep;
using SkyDriver.Hosting;
using SkyDriver.Hosting.Startup;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Api;

/// <summary>The REST service.</summary>
public static class ApiHost
{
    public static void AddApi(this WebApplicationBuilder builder)
    {
        builder.AddSettings(ApiOptions.Read);
        builder.AddComponentCheck(ComponentNeeds.Api);
        builder.AddAuth();
        builder.AddImages();
        builder.AddLive();
        builder.AddFleet();
        builder.AddDoctor();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = Arguments.MaxBodyBytes;
            RejectedRequests.Answer(kestrel);
        });
        builder.AddRequestLimit();
        builder.Services.AddRequestDecompression();
        builder.Services.AddResponseCompression(compression =>
        {
            compression.Providers.Add<GzipCompressionProvider>();
            compression.MimeTypes = ["application/json"];   // event streams must not wait in a compressor
        });
        builder.Services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        builder.Services.AddLifecycleClient();
        builder.Services.AddSingleton<IActorProxyFactory>(_ => new ActorProxyFactory());
        builder.Services.AddSingleton<LaunchValidator>().AddSingleton<LaunchClaims>().AddSingleton<ScanLauncher>().AddSingleton<ScanControl>();
        builder.Services.AddSingleton<Manifests>().AddSingleton<ScanFinder>();
        builder.Services.AddSingleton<LaunchEndpoints>().AddSingleton<ScanEndpoints>().AddSingleton<ManifestEndpoints>().AddSingleton<ResultEndpoints>()
            .AddSingleton<StatusEndpoints>().AddSingleton<ActionEndpoints>().AddSingleton<ListEndpoints>();
        builder.AddSettings(GatewayOptions.Read);
        builder.Services.AddSingleton<WorkLines>().AddSingleton<GatewayEndpoints>();
        builder.Services.AddSingleton<SpareMemory>().AddHostedService<LeftoverSweep>();
        builder.Services.AddDescription();
    }

    public static void MapApi(this WebApplication app)
    {
        app.UseErrorAnswers();
        app.UseResponseCompression();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuth();
        app.UseCompressedBodies();
        app.MapCall("GET", "/", new("Says that the service is there.", Role.User), _ => Task.FromResult(Results.Json(new object())));
        app.Services.GetRequiredService<LaunchEndpoints>().Map(app);
        app.Services.GetRequiredService<ScanEndpoints>().Map(app);
        app.Services.GetRequiredService<ManifestEndpoints>().Map(app);
        app.Services.GetRequiredService<ResultEndpoints>().Map(app);
        app.Services.GetRequiredService<StatusEndpoints>().Map(app);
        app.Services.GetRequiredService<ActionEndpoints>().Map(app);
        app.Services.GetRequiredService<ListEndpoints>().Map(app);
        app.Services.GetRequiredService<GatewayEndpoints>().Map(app);
        app.MapLive();
        app.Services.GetRequiredService<DoctorEndpoints>().Map(app);
        app.MapFleet();
        app.MapAuth();
        app.MapDescription();
        // Without an id these are no places at all, whatever the method.
        app.Map("/scan/manifest", NoPlace);
        app.Map("/scan/result", NoPlace);
    }

    private static Task NoPlace(HttpContext context) => throw ApiException.NotFound("there is nothing here without the id of a scan");
}
