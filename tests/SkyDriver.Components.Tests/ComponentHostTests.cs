using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Components;
using SkyDriver.Grpc.Protos.Reflection;
using SkyDriver.Grpc.Protos.Rpc;

namespace SkyDriver.Components.Tests;

public sealed class ComponentHostTests : IAsyncLifetime
{
    private const string Service = "dapr.proto.components.v1.OutputBinding";

    private readonly SocketFolder _folder = new();
    private readonly List<string> _calls = [];
    private ComponentHost? _host;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("v1alpha")]
    [InlineData("v1")]
    public async Task Reflection_OfOneBinding_ListsExactlyWhatIsServed(string version)
    {
        using ComponentClient client = await StartAsync();
        List<ServerReflectionResponse> responses = await client.ReflectAsync(version, new ServerReflectionRequest { ListServices = "*" }, new ServerReflectionRequest { FileContainingSymbol = Service });
        Assert.Equal(
            [Service, "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"],
            responses[0].ListServicesResponse.Service.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal((int)StatusCode.NotFound, responses[1].ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task Invoke_AfterInit_ReachesTheInstanceWithItsProperties()
    {
        using ComponentClient client = await StartAsync();
        await client.InitAsync("OutputBinding", ("size", "5"));
        Assert.Equal(["shout", "fail"], (await client.CallAsync("OutputBinding/ListOperations", new ListOperationsRequest(), ListOperationsResponse.Parser)).Operations);
        InvokeResponse response = await client.CallAsync(
            "OutputBinding/Invoke", new InvokeRequest { Operation = "SHOUT", Data = ByteString.CopyFromUtf8("hello"), Metadata = { ["k"] = "v" } }, InvokeResponse.Parser);
        Assert.Equal(("HELLO", "v", "text/plain"), (response.Data.ToStringUtf8(), response.Metadata["k"], response.ContentType));
        Assert.Equal(["init one 5", "shout one"], _calls);
    }

    [Fact]
    public async Task Instances_OfTwoNames_AreApart()
    {
        using ComponentClient one = await StartAsync();
        using ComponentClient two = new(_host!.Socket, "two");
        await one.InitAsync("OutputBinding", ("size", "1"));
        RpcException early = await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(two, "shout"));
        Assert.Equal(StatusCode.FailedPrecondition, early.StatusCode);
        await two.InitAsync("OutputBinding", ("size", "2"));
        await InvokeAsync(two, "shout");
        Assert.Equal(["init one 1", "init two 2", "shout two"], _calls);
    }

    [Fact]
    public async Task Call_WithoutInstance_IsRefusedButForPing()
    {
        using ComponentClient named = await StartAsync();
        using ComponentClient client = new(_host!.Socket, instance: null);
        await client.CallAsync("OutputBinding/Ping", new PingRequest(), PingResponse.Parser);
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => client.InitAsync("OutputBinding"));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("x-component-instance", fault.Status.Detail);
    }

    [Fact]
    public async Task Init_ThatFails_KeepsNothingAndMayBeSaidAgain()
    {
        using ComponentClient client = await StartAsync();
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => client.InitAsync("OutputBinding", ("refuse", "size is missing")));
        Assert.Equal((StatusCode.InvalidArgument, "size is missing"), (fault.StatusCode, fault.Status.Detail));
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(client, "shout"))).StatusCode);
        await client.InitAsync("OutputBinding", ("size", "1"));
        await client.InitAsync("OutputBinding", ("size", "2"));
        await InvokeAsync(client, "shout");
        Assert.Equal(["init one ", "dispose one", "init one 1", "init one 2", "shout one"], _calls);
    }

    [Theory]
    [InlineData("NotFound", StatusCode.NotFound, "it was NotFound")]
    [InlineData("Unavailable", StatusCode.Unavailable, "it was Unavailable")]
    [InlineData("NotSupported", StatusCode.Unimplemented, "it was NotSupported")]
    [InlineData("bug", StatusCode.Internal, "a bug")]
    public async Task Invoke_Fault_HasItsStatusAndMessage(string kind, StatusCode status, string message)
    {
        using ComponentClient client = await StartAsync();
        await client.InitAsync("OutputBinding");
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(client, "fail", kind));
        Assert.Equal((status, message), (fault.StatusCode, fault.Status.Detail));
        Assert.Null(fault.RichStatus);
    }

    [Fact]
    public async Task Invoke_DictatedError_CarriesTheKitError()
    {
        using ComponentClient client = await StartAsync();
        await client.InitAsync("OutputBinding");
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(client, "fail", "dictated"));
        Assert.Equal((StatusCode.ResourceExhausted, "be quiet"), (fault.StatusCode, fault.Status.Detail));
        ErrorInfo info = fault.Detail<ErrorInfo>()!;
        Assert.Equal(("true", "429", "ERR_TOO_LOUD"), (info.Metadata["kit_error"], info.Metadata["http_code"], info.Metadata["tag"]));
    }

    [Fact]
    public async Task Start_StaleSocket_IsReplacedAndRemovedAtTheEnd()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(_folder.Socket("other")));
            File.Move(_folder.Socket("other"), _folder.Socket("echo"));
        }

        Assert.True(File.Exists(_folder.Socket("echo")));
        using ComponentClient client = await StartAsync();
        await client.InitAsync("OutputBinding");
        await _host!.StopAsync();
        Assert.False(File.Exists(_folder.Socket("echo")));
        Assert.Equal("dispose one", _calls[^1]);
    }

    [Fact]
    public async Task Build_SocketIsInUse_FailsAndLeavesTheOtherAlone()
    {
        using ComponentClient client = await StartAsync();
        Assert.Contains(_folder.Socket("echo"), Assert.Throws<IOException>(Build).Message);
        await client.InitAsync("OutputBinding");
    }

    [Fact]
    public async Task Run_Cancelled_StopsAndRemovesTheSocket()
    {
        using CancellationTokenSource stop = new();
        await using ComponentHost host = Build();
        Task run = host.RunAsync(stop.Token);
        using ComponentClient client = new(host.Socket);
        await client.ReadyAsync();
        stop.Cancel();
        await run.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(File.Exists(host.Socket));
    }

    [Fact]
    public void Add_NothingServedTwiceOrAtAll()
    {
        ComponentHostBuilder builder = new("echo", _folder.Path);
        Assert.Throws<InvalidOperationException>(builder.Build);
        Assert.Contains("IOutputBinding", Assert.Throws<ArgumentException>(() => builder.Add<IComponent>(c => new EchoBinding(c.Name, _calls))).Message);
        builder.Add(c => new EchoBinding(c.Name, _calls));
        Assert.Contains("served already", Assert.Throws<ArgumentException>(() => builder.Add(c => new EchoBinding(c.Name, _calls))).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Echo")]
    [InlineData("a/b")]
    [InlineData("..")]
    public void Build_BadName_IsRefused(string name) => Assert.Contains("lower-case", Assert.Throws<ArgumentException>(() => new ComponentHostBuilder(name, _folder.Path)).Message);

    [Fact]
    public void Build_PathTooLongForASocket_SaysTheLimit() =>
        Assert.Contains("107", Assert.Throws<ArgumentException>(() => new ComponentHostBuilder(new string('a', 120), _folder.Path)).Message);

    private static Task<InvokeResponse> InvokeAsync(ComponentClient client, string operation, string? fault = null) => client.CallAsync(
        "OutputBinding/Invoke", new InvokeRequest { Operation = operation, Metadata = { ["fault"] = fault ?? "" } }, InvokeResponse.Parser);

    private ComponentHost Build()
    {
        ComponentHostBuilder builder = new("echo", _folder.Path);
        builder.Logging.ClearProviders();
        return builder.Add(context => new EchoBinding(context.Name, _calls)).Build();
    }

    private async Task<ComponentClient> StartAsync()
    {
        _host = Build();
        await _host.StartAsync();
        return new ComponentClient(_host.Socket);
    }
}
