# frozen_string_literal: true

# The S3 encryption clients of AWS's SDK for Ruby, told what to do by lines of JSON; tests/interop/README.md has the
# protocol.

require 'aws-sdk-kms'
require 'aws-sdk-s3'
require 'base64'
require 'json'
require 'openssl'

ENDPOINT = { endpoint: ENV.fetch('INTEROP_ENDPOINT'), region: ENV.fetch('AWS_REGION'), retry_limit: 0 }.freeze
S3 = Aws::S3::Client.new(**ENDPOINT, force_path_style: true)
KMS = Aws::KMS::Client.new(**ENDPOINT)
WRAPPING = { 'aes' => :aes_gcm, 'rsa' => :rsa_oaep_sha1, 'kms' => :kms_context }.freeze

# Hands out one key with its materials description.
class OneKey
  attr_reader :encryption_materials

  def initialize(key, description)
    @encryption_materials = Aws::S3::Encryption::Materials.new(key: key, description: JSON.dump(description))
  end

  def key_for(_description)
    encryption_materials.key
  end
end

# The options that say who wraps the data key.
def keyring(keyring)
  description = keyring.fetch('description', {})
  case keyring.fetch('kind')
  when 'kms' then { kms_key_id: keyring.fetch('keyId'), kms_client: KMS }
  when 'aes' then { key_provider: OneKey.new(Base64.strict_decode64(keyring.fetch('key')), description) }
  when 'rsa'
    key = OpenSSL::PKey::RSA.new(Base64.strict_decode64(keyring.fetch('privateKey')))
    { key_provider: OneKey.new(key, description) }
  end
end

# Its class for V1 warns about itself; its class for V2 reads the other's objects only where it is told to.
def client_for(request)
  location = request['instructionFile'] ? :instruction_file : :metadata
  options = { client: S3, envelope_location: location, **keyring(request.fetch('keyring')) }
  return Aws::S3::Encryption::Client.new(options) if request.fetch('format') == 'V1'

  Aws::S3::EncryptionV2::Client.new(
    **options,
    key_wrap_schema: WRAPPING.fetch(request.fetch('keyring').fetch('kind')),
    content_encryption_schema: :aes_gcm_no_padding,
    security_profile: :v2
  )
end

def context(request)
  takes_context = request.fetch('format') == 'V2' && request.fetch('keyring').fetch('kind') == 'kms'
  takes_context ? { kms_encryption_context: request.fetch('context') } : {}
end

def perform(request)
  client = client_for(request)
  where = { bucket: request.fetch('bucket'), key: request.fetch('key'), **context(request) }
  case request.fetch('op')
  when 'put' then File.open(request.fetch('file'), 'rb') { |file| client.put_object(**where, body: file) }
  when 'get'
    where[:instruction_file_suffix] = request['suffix'] if request['suffix']
    # Debian's aws-sdk-kms is older than its aws-sdk-s3, and knows no key id in Decrypt.
    where[:kms_allow_decrypt_with_any_cmk] = true if where.key?(:kms_encryption_context)
    File.binwrite(request.fetch('file'), client.get_object(where).body.read)
  else raise ArgumentError, 'this client cannot do that'
  end
end

def answer(line)
  perform(JSON.parse(line))
  { ok: true }
rescue StandardError => e
  { error: "#{e.class}: #{e.message}" }
end

$stdout.sync = true
puts JSON.dump({ ready: true })
$stdin.each_line { |line| puts JSON.dump(answer(line)) }
