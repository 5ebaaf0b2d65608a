using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Sidecar.Bindings;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Tests.Bindings;

/// <summary>A component in another server, over a real Unix socket.</summary>
public sealed class PluggableBindingTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("plug-").FullName;
    private readonly List<string> _calls = [];
    private WebApplication? _component;

    private string Socket => Path.Combine(_folder, "echo.sock");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_component is not null) await _component.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Start_ComponentComesLater_IsWaitedForThenSetUpOnce()
    {
        await using PluggableBinding binding = Binding(TimeSpan.FromSeconds(60));
        Task starting = binding.StartAsync(CancellationToken.None);
        Assert.False(starting.IsCompleted);
        await StartComponentAsync();
        await starting;
        Assert.Equal(["shout"], await binding.ListOperationsAsync(CancellationToken.None));
        BindingAnswer answer = await binding.InvokeAsync(new("shout", "hello"u8.ToArray(), new Dictionary<string, string> { ["k"] = "v" }), CancellationToken.None);
        Assert.Equal("HELLO", Encoding.UTF8.GetString(answer.Data));
        Assert.Equal("v", answer.Metadata["k"]);
        Assert.Equal(["init plug size=5", "list plug", "invoke plug"], _calls);
    }

    [Fact]
    public async Task Start_NobodyServesTheType_SaysWhereItWasLookedFor()
    {
        await using PluggableBinding binding = Binding(TimeSpan.Zero);
        ResourceException fault = await Assert.ThrowsAsync<ResourceException>(() => binding.StartAsync(CancellationToken.None));
        foreach (string word in new[] { "bindings.echo", Socket, "file.yaml", "DAPR_COMPONENTS_SOCKETS_FOLDER" }) Assert.Contains(word, fault.Message);
    }

    [Fact]
    public async Task Invoke_TheComponentRefuses_ItsReasonComesThrough()
    {
        await StartComponentAsync();
        await using PluggableBinding binding = Binding(TimeSpan.FromSeconds(60));
        InvalidOperationException fault = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            binding.InvokeAsync(new("shout", "fail"u8.ToArray(), new Dictionary<string, string>()), CancellationToken.None));
        Assert.Equal("no such voice", fault.Message);
    }

    [Fact]
    public async Task Invoke_AfterTheComponentWasRestarted_SetsItUpAgain()
    {
        await StartComponentAsync();
        await using PluggableBinding binding = Binding(TimeSpan.FromSeconds(60));
        BindingRequest request = new("shout", "a"u8.ToArray(), new Dictionary<string, string>());
        await binding.InvokeAsync(request, CancellationToken.None);
        await _component!.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => binding.InvokeAsync(request, CancellationToken.None));
        await StartComponentAsync();
        await binding.InvokeAsync(request, CancellationToken.None);
        Assert.Equal(2, _calls.Count(c => c.StartsWith("init")));
    }

    private PluggableBinding Binding(TimeSpan socketTimeout) => new(
        new ComponentSpec("plug", "bindings.echo", "v1", "file.yaml", false, TimeSpan.FromSeconds(30), new Dictionary<string, string> { ["size"] = "5" }),
        Socket, socketTimeout, TimeProvider.System, NullLogger.Instance);

    private async Task StartComponentAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenGrpcUnix(Socket));
        _component = builder.Build();
        _component.MapGrpcReflection([PluggableBinding.Service]);
        _component.MapGrpcUnary($"/{PluggableBinding.Service}/Init", InitRequest.Parser, (InitRequest request, GrpcServerCall call) =>
        {
            _calls.Add($"init {call.Metadata("x-component-instance")} size={request.Metadata.Properties["size"]}");
            return Task.FromResult(new InitResponse());
        });
        _component.MapGrpcUnary($"/{PluggableBinding.Service}/ListOperations", ListOperationsRequest.Parser, (ListOperationsRequest _, GrpcServerCall call) =>
        {
            _calls.Add($"list {call.Metadata("x-component-instance")}");
            return Task.FromResult(new ListOperationsResponse { Operations = { "shout" } });
        });
        _component.MapGrpcUnary($"/{PluggableBinding.Service}/Invoke", InvokeRequest.Parser, (InvokeRequest request, GrpcServerCall call) =>
        {
            _calls.Add($"invoke {call.Metadata("x-component-instance")}");
            if (request.Data.ToStringUtf8() == "fail") throw new RpcException(new Status(StatusCode.NotFound, "no such voice"));
            return Task.FromResult(new InvokeResponse { Data = ByteString.CopyFromUtf8(request.Data.ToStringUtf8().ToUpperInvariant()), Metadata = { request.Metadata } });
        });
        await _component.StartAsync();
    }
}
