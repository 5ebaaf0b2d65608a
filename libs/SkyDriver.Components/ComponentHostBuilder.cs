using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SkyDriver.Components.Hosting;
using SkyDriver.Grpc;

namespace SkyDriver.Components;

/// <summary>Puts together a process that is a pluggable component.</summary>
/// <remarks>The name decides the type: <c>my-queue</c> with a pub/sub becomes <c>pubsub.my-queue</c> in component YAML.</remarks>
public sealed class ComponentHostBuilder
{
    private readonly WebApplicationBuilder _builder = WebApplication.CreateSlimBuilder();
    private readonly List<Registration> _registrations = [];
    private readonly string _socket;

    /// <param name="name">Lower-case letters, digits, '-', '_' and '.'; the socket is <c>{folder}/{name}.sock</c>.</param>
    /// <param name="socketFolder">Null takes <c>DAPR_COMPONENTS_SOCKETS_FOLDER</c>, or <c>/tmp/dapr-components-sockets</c>.</param>
    /// <exception cref="ArgumentException">The name is none, or the socket's path is longer than Unix allows.</exception>
    public ComponentHostBuilder(string name, string? socketFolder = null) => _socket = SocketFile.Path(name, socketFolder);

    /// <summary>Services for the components.</summary>
    public IServiceCollection Services => _builder.Services;

    public ILoggingBuilder Logging => _builder.Logging;

    /// <summary>Serves a component for every block whose interface the type has, such as <see cref="IOutputBinding"/>.</summary>
    /// <param name="create">Makes the object of one component YAML, when its first Init comes.</param>
    /// <exception cref="ArgumentException">The type has no such interface, or one that was added before.</exception>
    public ComponentHostBuilder Add<T>(Func<ComponentContext, T> create)
        where T : class, IComponent
    {
        ComponentService[] served = [.. ComponentService.All.Where(s => s.Interface.IsAssignableFrom(typeof(T)))];
        if (served.Length == 0) throw new ArgumentException($"{typeof(T)} serves nothing; let it have one of {string.Join(", ", ComponentService.All.Select(s => s.Interface.Name))}.", nameof(create));
        foreach (ComponentService service in served.Where(s => _registrations.Exists(r => r.Services.Contains(s))))
        {
            throw new ArgumentException($"{service.Interface.Name} is served already; a socket has one of each, use another name for {typeof(T)}.", nameof(create));
        }

        _registrations.Add(new(create, served));
        return this;
    }

    /// <summary>A socket file that a dead process left behind is removed here.</summary>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    /// <exception cref="IOException">Another process listens on the socket, or its folder cannot be made.</exception>
    public ComponentHost Build()
    {
        if (_registrations.Count == 0) throw new InvalidOperationException("The host serves no component; call Add first.");
        Directory.CreateDirectory(Path.GetDirectoryName(_socket)!);
        _builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenGrpcUnix(_socket));
        return new ComponentHost(_builder.Build(), _socket, _registrations);
    }
}

/// <param name="Services">What the component's type can do.</param>
internal sealed record Registration(Func<ComponentContext, IComponent> Create, IReadOnlyList<ComponentService> Services);
