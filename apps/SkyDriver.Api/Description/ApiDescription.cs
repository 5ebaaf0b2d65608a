using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SkyDriver.Api.Http;

namespace SkyDriver.Api.Description;

/// <summary>The OpenAPI document at <c>/openapi.json</c>, made from what the routes say of themselves, and a page for people at <c>/docs</c>.</summary>
internal static class ApiDescription
{
    private const string Bearer = "bearer", Json = "application/json";

    /// <summary>One document; the clients of each generation look for it elsewhere.</summary>
    private static readonly string[] Places = ["/openapi.json", "/openapi/v1.json", "/swagger.json"];

    public static void AddDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = call => call.HttpMethod != HttpMethods.Head;    // goes without saying beside each GET
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = "SkyDriver", Version = "2", Description = "Sky scans of neutrino events. Arguments may be given in the query or in a JSON body; the body wins." };
            document.Servers = [];
            document.Components ??= new();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<CallInfo>().FirstOrDefault() is { } info) Describe(operation, info, context);
            return Task.CompletedTask;
        });
    });

    public static void MapDescription(this WebApplication app)
    {
        foreach (string place in Places) app.MapOpenApi(place);
        app.MapMethods("/docs", [HttpMethods.Get, HttpMethods.Head], (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = DocsPage.Policy;
            return Results.Content(DocsPage.Html, "text/html; charset=UTF-8");
        }).ExcludeFromDescription();
    }

    private static void Describe(OpenApiOperation operation, CallInfo info, OpenApiOperationTransformerContext context)
    {
        string method = context.Description.HttpMethod!, path = context.Description.RelativePath!;
        operation.Summary = info.Summary;
        operation.OperationId = $"{method.ToLowerInvariant()}-{path.Replace("{", "").Replace("}", "").Replace('/', '-')}".TrimEnd('-');
        if (info.IsFleet) operation.Tags = new HashSet<OpenApiTagReference> { new("fleet", context.Document) };
        operation.Parameters = [];
        if (path.Contains("{id}"))
        {
            OpenApiSchema id = new() { Type = JsonSchemaType.String, Pattern = @"^\w{1,64}$" };
            operation.Parameters.Add(new OpenApiParameter { Name = "id", In = ParameterLocation.Path, Required = true, Schema = id });
        }

        foreach (string name in path.Split('/').Where(part => part is ['{', .., '}'] and not "{id}").Select(part => part[1..^1]))
        {
            OpenApiSchema place = new() { Type = name.EndsWith("_id", StringComparison.Ordinal) || name is "rank" ? JsonSchemaType.Integer : JsonSchemaType.String };
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Path, Required = true, Schema = place });
        }

        Argument[] arguments = info.Redirects ? [.. info.Arguments, Argument.NoRedirect] : [.. info.Arguments];
        if (method is "GET" or "HEAD") AddQuery(operation, arguments);
        else if (info.Takes != Json) AddBinaryBody(operation, info.Takes);
        else if (arguments.Length > 0) AddBody(operation, arguments);
        AddAnswers(operation, info, path);
        operation.Security = [new() { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [.. info.Roles] }];
    }

    private static void AddQuery(OpenApiOperation operation, IEnumerable<Argument> arguments)
    {
        foreach (Argument argument in arguments)
        {
            operation.Parameters!.Add(new OpenApiParameter { Name = argument.Name, In = ParameterLocation.Query, Required = argument.Required, Description = argument.Description, Schema = Schema(argument.Type) });
        }
    }

    private static void AddBinaryBody(OpenApiOperation operation, string mediaType) => operation.RequestBody = new OpenApiRequestBody
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType> { [mediaType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } } },
    };

    private static void AddBody(OpenApiOperation operation, Argument[] arguments)
    {
        OpenApiSchema body = new()
        {
            Type = JsonSchemaType.Object,
            AdditionalPropertiesAllowed = false,
            Properties = new Dictionary<string, IOpenApiSchema>(),
            Required = new HashSet<string>(),
        };
        foreach (Argument argument in arguments)
        {
            // One that has old names may be given by any of them, which a list of required ones cannot say.
            if (argument is { Required: true, OldNames: [] }) body.Required.Add(argument.Name);
            foreach (string name in argument.Names)
            {
                OpenApiSchema member = Schema(argument.Type);
                member.Description = argument.Description;
                member.Deprecated = name != argument.Name;
                body.Properties[name] = member;
            }
        }

        operation.RequestBody = new OpenApiRequestBody { Content = new Dictionary<string, OpenApiMediaType> { [Json] = new() { Schema = body } } };
    }

    private static void AddAnswers(OpenApiOperation operation, CallInfo info, string path)
    {
        string fault = info.IsFleet ? "application/problem+json" : Json;
        OpenApiSchema error = new()
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { ["code"] = new OpenApiSchema { Type = JsonSchemaType.Integer }, ["error"] = new OpenApiSchema { Type = JsonSchemaType.String } },
        };
        OpenApiSchema good = new() { Type = info.Answers == Json ? JsonSchemaType.Object : JsonSchemaType.String };
        operation.Responses = new() { [info.GoodStatus.ToString(CultureInfo.InvariantCulture)] = Answer("Done.", info.Answers, good) };
        if (info.Redirects) operation.Responses["302"] = new OpenApiResponse { Description = "The scan was replaced; other methods than GET and HEAD get 307." };
        operation.Responses["400"] = Answer("An argument is missing or wrong; all faults are named.", fault, error);
        operation.Responses["401"] = Answer("No valid token.", fault, error);
        operation.Responses["403"] = Answer("The token's roles do not allow it.", fault, error);
        if (path.Contains("{id}")) operation.Responses["404"] = Answer("There is no such scan.", fault, error);
        else if (path.Contains('{')) operation.Responses["404"] = Answer("There is no such thing.", fault, error);
        if (info.IsFleet && path.Contains('{')) operation.Responses["409"] = Answer("Not possible as things stand.", fault, error);
        operation.Responses["503"] = Answer("A part of the service is away; try again.", fault, error);
    }

    private static OpenApiResponse Answer(string when, string mediaType, OpenApiSchema schema) =>
        new() { Description = when, Content = new Dictionary<string, OpenApiMediaType> { [mediaType] = new() { Schema = schema } } };

    private static OpenApiSchema Schema(string types) => new()
    {
        Type = types.Split('|').Aggregate(default(JsonSchemaType), (all, type) => all | type switch
        {
            "string" => JsonSchemaType.String,
            "boolean" => JsonSchemaType.Boolean,
            "integer" => JsonSchemaType.Integer,
            "number" => JsonSchemaType.Number,
            "array" => JsonSchemaType.Array,
            _ => JsonSchemaType.Object,
        }),
    };
}
